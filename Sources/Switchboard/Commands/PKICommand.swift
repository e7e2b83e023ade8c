// `switchboard pki`: the cluster's certificate authority, its certificates, and API tokens. Touches files, the clock and randomness.
public import ArgumentParser
public import CertificateAuthority
internal import Foundation
public import Gateway

struct PKICommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pki",
    abstract: "Make the certificates and tokens that nodes and callers prove themselves with.",
    subcommands: [
      Initialize.self, Issue.self, PKIRenew.self, PKIRevoke.self, PKIShow.self, Token.self,
    ])

  struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "init",
      abstract:
        "Make a new authority: ca.pem, and ca.key, which must stay secret and is not needed on nodes.",
      discussion:
        "Also crl.pem, the list of revoked certificates, which is empty, and issued.jsonl, its record."
    )

    @Option(help: "The cluster's name.")
    var cluster: String

    @Option(help: "Where to write; made when it is missing.")
    var directory: String

    @Option(help: "How many days it lives.")
    var days: Int = 3653

    mutating func run() throws {
      try saying {
        let made = try AuthorityDirectory.create(
          cluster: cluster, path: directory, validFor: .days(days), now: Date())
        print(
          "\(directory)/ca.pem and ca.key: the authority of cluster \(cluster), until \(made.authority.notValidAfter). Keep ca.key secret."
        )
      }
    }
  }

  struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "issue", abstract: "Issue a certificate: NAME.pem, and NAME.key, which must stay secret.")

    @Option(help: "The directory of the authority.")
    var directory: String

    @Option(help: "Where to write; the authority's directory when left out.")
    var output: String?

    @Option(help: "The name of the node or client.")
    var name: String

    @Option(help: "node, client or api.")
    var role: CertificateRole = .node

    @Option(help: "How many days it lives.")
    var days: Int = 366

    @Option(help: "One more host name or IPv4 address of the holder; may be repeated.")
    var host: [String] = []

    mutating func run() throws {
      try saying {
        let issued = try AuthorityDirectory(path: directory).issue(
          name: name, role: role, validFor: .days(days), now: Date(), hosts: host, output: output)
        let place = output ?? directory
        print(
          "\(place)/\(name).pem and \(name).key: \(issued.identityURI), for \(days) days. Keep \(name).key secret."
        )
      }
    }
  }

  struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "token",
      abstract: "Make a token for a caller of the API.",
      discussion: """
        The token is printed once and is in no file: whoever has it is that caller. With --append, its line goes into the tokens \
        file, and only the token is printed.
        """)

    @Option(help: "The caller's name.")
    var name: String

    @Option(help: "admin, agent, channel, supervisor or viewer.")
    var role: Role

    @Option(
      help: "The tokens file to append the line to; made when it is missing, readable by its owner only.")
    var append: String?

    mutating func validate() throws {
      guard APITokenEntry.isName(name) else {
        throw ValidationError("\"\(name)\" is no name for a caller: use \(APITokenEntry.nameRule)")
      }
    }

    mutating func run() throws {
      var generator = SystemRandomNumberGenerator()
      let token = NewToken.random(using: &generator)
      let line = APITokenEntry(name: name, role: role, sha256: APIToken.sha256(of: token))
      guard let append else {
        print("token (shown only now): \(token)\nline for the tokens file: \(line.text)")
        return
      }
      do throws(TokensFileFailure) {
        try TokensFile.append(line, to: append)
      } catch {
        throw ExitStatus.failed.because("\(error)")
      }
      print(token)
    }
  }
}

extension CertificateRole: ExpressibleByArgument {}
extension Role: ExpressibleByArgument {}

extension Duration {
  /// Very many days are as long as a certificate can be, so that the authority says what is wrong.
  static func days(_ count: Int) -> Duration {
    let (seconds, overflow) = Int64(count).multipliedReportingOverflow(by: 86_400)
    return .seconds(overflow ? (count < 0 ? 0 : 1_000_000_000_000) : seconds)
  }
}

/// Runs `body`; what it throws is said on stderr.
func saying(_ body: () throws -> Void) throws {
  do { try body() } catch { throw ExitStatus.failed.because("\(error)") }
}
