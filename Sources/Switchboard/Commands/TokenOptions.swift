// How the commands that ask a node's API get their token. Touches the token file.
internal import ArgumentParser
internal import Foundation

struct TokenOptions: ParsableArguments {
  @Option(help: "The token (or SWITCHBOARD_TOKEN). Others on this machine may see it: prefer --token-file.")
  var token: String?

  @Option(help: "A file that holds the token and nothing else, readable by you only.")
  var tokenFile: String?

  func read(_ environment: [String: String]) throws -> String {
    if let token { return token }
    if let tokenFile {
      if FileView.system.look(tokenFile).isExposed {
        throw ExitStatus.configuration.because(
          "\(tokenFile) lets others read a token: chmod 600 \(tokenFile)")
      }
      switch FileView.system.read(tokenFile) {
      case .success(let text): return text.trimmingCharacters(in: .whitespacesAndNewlines)
      case .failure(let failure):
        throw ExitStatus.configuration.because("\(tokenFile) cannot be read: \(failure.reason)")
      }
    }
    if let token = environment["SWITCHBOARD_TOKEN"] { return token }
    throw ExitStatus.configuration.because(
      "the API wants a token: give --token-file, --token or SWITCHBOARD_TOKEN; switchboard pki token makes one"
    )
  }
}
