// `switchboard pki revoke`: puts certificates on the authority's list of those that count no more. Touches files and the clock.
internal import ArgumentParser
internal import CertificateAuthority
internal import Foundation
internal import RevocationList

struct PKIRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke certificates, and sign the list of the revoked ones: crl.pem.",
    discussion: """
      Copy crl.pem to every node, to the place that tls.revocation_list names: within ten seconds, or at once upon SIGHUP, the \
      node closes connections of revoked certificates and takes no new ones. By --name, every certificate of that name is \
      revoked that has not expired; renew it afterwards to let its holder in again. With --refresh the list is only signed anew, \
      as it must be before its time is over: nodes say so when it is near.
      """)

  @Option(help: "The directory of the authority.")
  var directory: String

  @Option(help: "The name of the node or client.")
  var name: String?

  @Option(help: "With --name: only certificates of this role: node, client or api.")
  var role: CertificateRole?

  @Option(help: "The serial number, hexadecimal, as switchboard pki show and openssl print it.")
  var serial: String?

  @Option(help: "The file of the certificate.")
  var certificate: String?

  @Flag(help: "Revoke nothing, and sign the list anew.")
  var refresh = false

  @Option(help: "In how many days the next list is due.")
  var days: Int = 366

  mutating func validate() throws {
    let given = [name != nil, serial != nil, certificate != nil, refresh].count { $0 }
    guard given == 1 else {
      throw ValidationError("say which certificate: one of --name, --serial and --certificate; or --refresh")
    }
    guard role == nil || name != nil else { throw ValidationError("--role goes with --name") }
    if let serial, CertificateSerial(hex: serial) == nil {
      throw ValidationError("\"\(serial)\" is no serial number: give up to 40 hexadecimal digits")
    }
  }

  mutating func run() throws {
    try saying {
      let authority = try AuthorityDirectory(path: directory)
      if let selection {
        for record in try authority.revoke(selection, listValidFor: .days(days), now: Date()) {
          print("revoked: \(Self.words(record))")
        }
      } else {
        try authority.signList(validFor: .days(days), now: Date())
      }
      if let list = authority.list {
        print(
          "\(authority.listPath): list number \(list.number), \(list.entries.count) revoked. Copy it to every node."
        )
      }
    }
  }

  private var selection: AuthorityDirectory.Selection? {
    if let name { return .name(name, role) }
    if let certificate { return .file(certificate) }
    return serial.flatMap(CertificateSerial.init(hex:)).map { .serial($0) }
  }

  private static func words(_ record: IssuedRecord) -> String {
    guard let name = record.name else {
      return "serial \(record.serial), of which this authority has no record: check the number"
    }
    let end = record.notValidAfter.map { ", until \($0.formatted(.iso8601))" } ?? ""
    return "\(record.role?.rawValue ?? "certificate") \(name), serial \(record.serial)\(end)"
  }
}
