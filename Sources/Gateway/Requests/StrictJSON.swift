// JSON bodies, read strictly: pure. What a body has and its route does not know is an error, not ignored.
internal import Foundation
internal import Hummingbird

/// A body that a route takes: its keys are all the keys that there may be.
package protocol StrictBody: Decodable {
  static var keys: [String] { get }
}

package enum StrictJSON {
  /// - Parameter bytes: empty is taken as `{}`.
  /// - Throws: 400 `malformedBody` with where and what, 400 `unknownKey` with which.
  package static func decode<Body: StrictBody>(_ type: Body.Type, from bytes: [UInt8]) throws(APIError)
    -> Body
  {
    let bytes = bytes.isEmpty ? Array("{}".utf8) : bytes
    do {
      try JSONSyntax.check(bytes)
    } catch {
      throw APIError(.badRequest, "malformedBody", "the body is no valid JSON: \(error)")
    }
    do {
      return try JSONDecoder().decode(Checked<Body>.self, from: Data(bytes)).body
    } catch let error as UnknownKeys {
      let known = Body.keys.isEmpty ? "it takes none" : "it takes \(Body.keys.joined(separator: ", "))"
      throw APIError(
        .badRequest, "unknownKey",
        "the body has what this route does not know: \(error.keys.joined(separator: ", ")); \(known)")
    } catch {
      throw APIError(.badRequest, "malformedBody", "the body \(words(error))")
    }
  }

  private struct UnknownKeys: Error {
    var keys: [String]
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private struct Checked<Body: StrictBody>: Decodable {
    var body: Body

    init(from decoder: any Decoder) throws {
      let present = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
      let unknown = present.filter { !Body.keys.contains($0) }.sorted()
      guard unknown.isEmpty else { throw UnknownKeys(keys: unknown.map { "'\($0)'" }) }
      body = try Body(from: decoder)
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      "has no '\(path(context.codingPath + [key]))', which is required"
    case .typeMismatch(let type, let context):
      "has the wrong type at '\(path(context.codingPath))': \(name(of: type)) is expected"
    case .valueNotFound(let type, let context):
      "has null at '\(path(context.codingPath))': \(name(of: type)) is expected"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      // Its syntax is right, so it is a number out of all range.
      "has a number that cannot be represented"
    case .dataCorrupted(let context):
      "has an invalid value at '\(path(context.codingPath))': \(context.debugDescription)"
    case nil: "cannot be read: \(error)"
    default: "cannot be read"
    }
  }

  private static func path(_ path: [any CodingKey]) -> String {
    path.isEmpty
      ? "the top" : path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Int.Type, is Int64.Type: "a whole number"
    case is [String].Type: "an array of strings"
    case is any Collection.Type, is [String: Any].Type: "an array or object"
    default: "\(type)"
    }
  }
}
