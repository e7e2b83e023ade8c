// The few things that revocation lists need of certificates and of DER. Pure: touches nothing.
internal import Crypto
internal import Foundation
internal import SwiftASN1

enum DERTree {
  static let crlNumber: ASN1ObjectIdentifier = [2, 5, 29, 20]
  static let authorityKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 35]
  static let subjectKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 14]

  struct Extension {
    var id: ASN1ObjectIdentifier
    var isCritical = false
    var value: [UInt8]

    init(_ node: ASN1Node) throws {
      var rest = try children(node)[...]
      guard let first = rest.popFirst() else { throw RevocationListError("an extension is empty") }
      id = try ASN1ObjectIdentifier(derEncoded: first)
      if let flag = rest.first, flag.identifier == .boolean {
        isCritical = try Bool(derEncoded: flag)
        rest.removeFirst()
      }
      guard let last = rest.popFirst(), rest.isEmpty else {
        throw RevocationListError("an extension is damaged")
      }
      value = Array(try ASN1OctetString(derEncoded: last).bytes)
    }
  }

  static func children(_ node: ASN1Node) throws -> [ASN1Node] {
    guard case .constructed(let nodes) = node.content else {
      throw RevocationListError("a part that should have parts has none")
    }
    return Array(nodes)
  }

  /// - Parameter tagged: the sequence of extensions, in its explicit tag.
  static func extensions(_ tagged: ASN1Node) throws -> [Extension] {
    let inner = try children(tagged)
    guard inner.count == 1 else { throw RevocationListError("its extensions are damaged") }
    return try children(inner[0]).map(Extension.init)
  }

  static func append(
    _ id: ASN1ObjectIdentifier, to extensions: inout DER.Serializer,
    _ value: (inout DER.Serializer) throws -> Void
  ) throws {
    var inner = DER.Serializer()
    try value(&inner)
    try extensions.appendConstructedNode(identifier: .sequence) { item in
      try item.serialize(id)
      try item.serialize(ASN1OctetString(contentBytes: inner.serializedBytes[...]))
    }
  }

  /// `AlgorithmIdentifier` of ecdsa-with-SHA256, without parameters (RFC 5758, 3.2).
  static func ecdsaWithSHA256() throws -> [UInt8] {
    var serializer = DER.Serializer()
    try serializer.appendConstructedNode(identifier: .sequence) { item in
      try item.serialize([1, 2, 840, 10_045, 4, 3, 2] as ASN1ObjectIdentifier)
    }
    return serializer.serializedBytes
  }
}

/// What a list is checked with: name, key and key identifier of an authority.
struct AuthorityCertificate {
  /// The name in DER.
  let subject: [UInt8]
  let publicKey: P256.Signing.PublicKey
  let keyIdentifier: [UInt8]?

  init(der: [UInt8]) throws {
    guard let body = try DERTree.children(try DER.parse(der)).first else {
      throw RevocationListError("it is no certificate")
    }
    var parts = try DERTree.children(body)[...]
    func isTagged(_ node: ASN1Node, _ number: UInt) -> Bool {
      node.identifier == ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
    if let version = parts.first, isTagged(version, 0) { parts.removeFirst() }
    // Serial number, algorithm, issuer, validity, subject, key.
    let fields = Array(parts)
    guard fields.count >= 6 else { throw RevocationListError("it is no certificate") }
    subject = Array(fields[4].encodedBytes)
    publicKey = try P256.Signing.PublicKey(derRepresentation: fields[5].encodedBytes)
    let extensions = try fields.dropFirst(6).first { isTagged($0, 3) }.map(DERTree.extensions) ?? []
    keyIdentifier = try extensions.first { $0.id == DERTree.subjectKeyIdentifier }.map {
      Array(try ASN1OctetString(derEncoded: $0.value).bytes)
    }
  }
}
