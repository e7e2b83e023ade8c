// Reads revocation lists and checks whose they are. Pure: bytes in, a value or words out.
internal import Crypto
internal import Foundation
internal import SwiftASN1

extension RevocationList {
  /// More than any file of lists should hold: some hundred thousand entries.
  public static let byteLimit = 4 << 20

  /// All lists in a PEM file: a file has one for each authority that is trusted.
  /// - Throws: ``RevocationListError`` when there is none, or one cannot be read.
  public static func parse(pem text: String) throws(RevocationListError) -> [RevocationList] {
    guard text.utf8.count <= byteLimit else {
      throw RevocationListError("it is longer than \(byteLimit) bytes")
    }
    guard let documents = try? PEMDocument.parseMultiple(pemString: text) else {
      throw RevocationListError("it is not in PEM form")
    }
    let found = documents.filter { $0.discriminator == "X509 CRL" }
    guard !found.isEmpty else { throw RevocationListError("it holds no revocation list in PEM form") }
    var lists: [RevocationList] = []
    for document in found { lists.append(try RevocationList(der: document.derBytes)) }
    return lists
  }

  /// - Throws: ``RevocationListError`` for what is no list, and for lists of kinds that cannot be honored: other
  ///   signatures, partial lists, anything marked as critical.
  public init(der: [UInt8]) throws(RevocationListError) {
    guard der.count <= Self.byteLimit else {
      throw RevocationListError("it is longer than \(Self.byteLimit) bytes")
    }
    do {
      try self.init(checking: der)
    } catch let error as RevocationListError {
      throw error
    } catch {
      throw RevocationListError("it is no revocation list: \(error)")
    }
  }

  /// Nil when one of the authorities has signed the list; else what is wrong, in words.
  /// - Parameter authorities: certificates in DER; what is none counts as no authority.
  public func problem(signedByAnyOf authorities: [[UInt8]]) -> String? {
    let known = authorities.compactMap { try? AuthorityCertificate(der: $0) }
    let candidates = known.filter { authority in
      guard authority.subject == issuer else { return false }
      guard let wanted = authorityKeyIdentifier, let own = authority.keyIdentifier else { return true }
      return wanted == own
    }
    guard !candidates.isEmpty else { return "it is the list of another authority" }
    guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature),
      candidates.contains(where: { $0.publicKey.isValidSignature(signature, for: signedBytes) })
    else { return "its signature is not that of the authority: it was damaged or forged" }
    return nil
  }

  /// Whether both are lists of the same key of the same authority, so that their numbers can be compared.
  public func isOfSameAuthority(as other: RevocationList) -> Bool {
    issuer == other.issuer && authorityKeyIdentifier == other.authorityKeyIdentifier
  }

  private init(checking der: [UInt8]) throws {
    let root = try DER.parse(der)
    let parts = try DERTree.children(root)
    guard root.identifier == .sequence, parts.count == 3 else {
      throw RevocationListError("it is no revocation list")
    }
    guard parts[1].encodedBytes.elementsEqual(try DERTree.ecdsaWithSHA256()) else {
      throw RevocationListError(
        "it is signed in another way than with ECDSA and SHA-256, which switchboard pki uses")
    }
    let signature = try ASN1BitString(derEncoded: parts[2])
    let body = try Body(parts[0])
    number = body.number
    thisUpdate = body.thisUpdate
    nextUpdate = body.nextUpdate
    entries = body.entries
    issuer = body.issuer
    authorityKeyIdentifier = body.authorityKeyIdentifier
    signedBytes = Array(parts[0].encodedBytes)
    self.signature = Array(signature.bytes)
    derBytes = der
  }

  /// What is signed: `TBSCertList`.
  private struct Body {
    var number: UInt64 = 0
    var thisUpdate: Int64
    var nextUpdate: Int64?
    var entries: [Entry] = []
    var issuer: [UInt8]
    var authorityKeyIdentifier: [UInt8]?

    init(_ node: ASN1Node) throws {
      var rest = try DERTree.children(node)[...]
      guard let version = rest.popFirst(), version.identifier == .integer, try Int(derEncoded: version) == 1
      else { throw RevocationListError("it is a list of version 1; version 2 is needed") }
      guard let algorithm = rest.popFirst(),
        algorithm.encodedBytes.elementsEqual(try DERTree.ecdsaWithSHA256()),
        let issuer = rest.popFirst(), let first = rest.popFirst()
      else { throw RevocationListError("it is no revocation list") }
      self.issuer = Array(issuer.encodedBytes)
      thisUpdate = try CivilTime.seconds(first)
      if let next = rest.first, CivilTime.isTime(next) {
        nextUpdate = try CivilTime.seconds(next)
        rest.removeFirst()
      }
      if let list = rest.first, list.identifier == .sequence {
        rest.removeFirst()
        entries = try DERTree.children(list).map(Self.entry)
      }
      if let tagged = rest.first {
        rest.removeFirst()
        guard tagged.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) else {
          throw RevocationListError("it has a part that is not known")
        }
        try read(try DERTree.extensions(tagged))
      }
      guard rest.isEmpty else { throw RevocationListError("it has more parts than a revocation list") }
    }

    private static func entry(_ node: ASN1Node) throws -> Entry {
      let parts = try DERTree.children(node)
      guard (2...3).contains(parts.count) else { throw RevocationListError("one of its entries is damaged") }
      if parts.count == 3 {
        let isCritical = try DERTree.children(parts[2]).map(DERTree.Extension.init).contains(
          where: \.isCritical)
        guard !isCritical else {
          throw RevocationListError("one of its entries says something critical that is not known")
        }
      }
      return Entry(
        serial: CertificateSerial(bytes: try ArraySlice<UInt8>(derEncoded: parts[0])),
        revokedAt: try CivilTime.seconds(parts[1]))
    }

    private mutating func read(_ extensions: [DERTree.Extension]) throws {
      for found in extensions {
        switch found.id {
        case DERTree.crlNumber:
          let bytes = try ArraySlice<UInt8>(derEncoded: try DER.parse(found.value))
          guard bytes.count <= 8 else { throw RevocationListError("its number is too large") }
          number = bytes.reduce(0) { $0 << 8 | UInt64($1) }
        case DERTree.authorityKeyIdentifier:
          let parts = try DERTree.children(try DER.parse(found.value))
          authorityKeyIdentifier =
            parts.lazy.compactMap { part -> [UInt8]? in
              guard part.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific),
                case .primitive(let bytes) = part.content
              else { return nil }
              return Array(bytes)
            }.first
        default:
          // Partial lists say that they are with a critical extension; to ignore it would be to believe too much.
          guard !found.isCritical else {
            throw RevocationListError("it says something critical that is not known (\(found.id))")
          }
        }
      }
    }
  }
}
