// Ids of actors as callers give them: pure. The cluster takes no others, and would not say which field it was.
internal import Foundation
internal import Hummingbird

package enum PathSegment {
  /// The id in a path.
  /// - Parameter raw: as the request has it, percent-encoded (RFC 3986, section 2.1).
  package static func decoded(_ raw: String?) throws(APIError) -> String {
    guard let raw, let text = raw.removingPercentEncoding, !text.isEmpty else {
      throw APIError(
        .badRequest, "invalidPath", "the id in the path must be percent-encoded UTF-8, and not empty")
    }
    try ActorName.check(text, "the id in the path")
    return text
  }
}

package enum ActorName {
  /// - Parameter field: what has the name, for the error.
  package static func check(_ name: String, _ field: String) throws(APIError) {
    guard (1...256).contains(name.utf8.count), name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw APIError(
        .unprocessableContent, "invalid", "\(field) must have 1 to 256 printable ASCII characters")
    }
  }
}
