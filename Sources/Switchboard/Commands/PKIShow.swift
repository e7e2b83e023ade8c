// `switchboard pki show`: what certificates say, and which are revoked. Touches files, stdout and the clock.
internal import ArgumentParser
internal import CertificateAuthority
internal import Foundation

struct PKIShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show certificates: whose, until when, whether revoked.",
    discussion: """
      Of a directory, every certificate in it, and in an authority's directory also those that it issued to other places. \
      Revoked is what crl.pem beside them names. Exit codes: 0 shown; 1 a file cannot be read, or something is not as it should be.
      """)

  @Argument(help: "A directory, or the file of a certificate.")
  var path: String

  @Option(help: "The list of revoked certificates; crl.pem beside the certificates when left out.")
  var revocationList: String?

  @Flag(help: "Print everything as JSON.")
  var json = false

  mutating func run() throws {
    var isWell = true
    try saying {
      let listing = try PKIListing.read(path, listPath: revocationList, now: Date())
      print(json ? try listing.json() : listing.text)
      isWell = listing.problems.isEmpty
    }
    if !isWell { throw ExitStatus.failed.exitCode }
  }
}
