// Makes revocation lists. Pure, but for the randomness of the signature.
internal import Crypto
internal import Foundation
internal import SwiftASN1

extension RevocationList {
  /// Signs a list.
  /// - Parameters:
  ///   - number: higher than that of every earlier list of this authority.
  ///   - thisUpdate: the time of signing; with `nextUpdate` in seconds since 1970.
  ///   - authority: the certificate of the authority in DER, whose key it must be.
  ///   - keyPEM: its P-256 key.
  package static func signed(
    number: UInt64, thisUpdate: Int64, nextUpdate: Int64, entries: [Entry], authority: [UInt8], keyPEM: String
  ) throws -> RevocationList {
    let key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
    let certificate = try AuthorityCertificate(der: authority)
    let algorithm = try DERTree.ecdsaWithSHA256()
    var body = DER.Serializer()
    try body.appendConstructedNode(identifier: .sequence) { list in
      try list.serialize(1)
      list.serializeRawBytes(algorithm)
      list.serializeRawBytes(certificate.subject)
      try CivilTime.write(thisUpdate, into: &list)
      try CivilTime.write(nextUpdate, into: &list)
      // An empty sequence is forbidden here: an empty list leaves it out.
      if !entries.isEmpty {
        try list.appendConstructedNode(identifier: .sequence) { revoked in
          for entry in entries {
            try revoked.appendConstructedNode(identifier: .sequence) { item in
              try item.serialize(entry.serial.bytes[...])
              try CivilTime.write(entry.revokedAt, into: &item)
            }
          }
        }
      }
      try list.appendConstructedNode(
        identifier: ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
      ) { tagged in
        try tagged.appendConstructedNode(identifier: .sequence) { extensions in
          if let identifier = certificate.keyIdentifier {
            try DERTree.append(DERTree.authorityKeyIdentifier, to: &extensions) { value in
              value.appendConstructedNode(identifier: .sequence) { parts in
                parts.appendPrimitiveNode(
                  identifier: ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
                ) { $0 += identifier }
              }
            }
          }
          try DERTree.append(DERTree.crlNumber, to: &extensions) { try $0.serialize(number) }
        }
      }
    }
    let signature = try key.signature(for: body.serializedBytes).derRepresentation
    var whole = DER.Serializer()
    try whole.appendConstructedNode(identifier: .sequence) { list in
      list.serializeRawBytes(body.serializedBytes)
      list.serializeRawBytes(algorithm)
      try list.serialize(ASN1BitString(bytes: Array(signature)[...]))
    }
    return try RevocationList(der: whole.serializedBytes)
  }

  /// The list in PEM form.
  public var pem: String { PEMDocument(type: "X509 CRL", derBytes: derBytes).pemString + "\n" }
}
