// `switchboard pki renew`: a new certificate in the place of one that ends. Touches files, the clock and randomness.
internal import ArgumentParser
internal import CertificateAuthority
internal import Foundation

struct PKIRenew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew", abstract: "Renew a certificate: replace NAME.pem and NAME.key.",
    discussion: """
      The new certificate is for the same name, role and hosts. It comes with a new key, so that a key that leaked unnoticed is \
      of no more use when its certificate ends; with --keep-key, only NAME.pem is replaced. The files are replaced as a whole, \
      keep their owner, and a running node takes them up within ten seconds, or at once upon SIGHUP. The old certificate stays \
      valid until its end; revoke it if others may have its key. If the command is interrupted, run it again.
      """)

  @Option(help: "The directory of the authority.")
  var directory: String

  @Option(help: "Where the files are that are replaced; the authority's directory when left out.")
  var output: String?

  @Option(help: "The name of the node or client.")
  var name: String

  @Option(help: "How many days the new one lives.")
  var days: Int = 366

  @Option(help: "One more host name or IPv4 address of the holder; may be repeated.")
  var host: [String] = []

  @Flag(help: "Keep the key.")
  var keepKey = false

  mutating func run() throws {
    try saying {
      let issued = try AuthorityDirectory(path: directory).renew(
        name: name, validFor: .days(days), keepsKey: keepKey, now: Date(), hosts: host, output: output)
      let files = keepKey ? "\(name).pem" : "\(name).pem and \(name).key"
      print("\(output ?? directory)/\(files): \(issued.identityURI), for \(days) days.")
    }
  }
}
