// How fresh a reading request wants its answer: pure parsing.
internal import ActorCluster
internal import Hummingbird

/// `?consistency=stale&max_age_ms=5000`: without, reads are linearizable.
package enum ReadConsistency: Equatable, Sendable {
  case linearizable
  /// Answered by the node that is asked, from what it has, if that is no older.
  case stale(maximumMilliseconds: Int)

  package static let allowedAge = 0...3_600_000

  /// - Parameters: the query's, nil where it does not have them.
  package init(consistency: String?, maximumAge: String?) throws(APIError) {
    switch consistency {
    case nil, "linearizable":
      guard maximumAge == nil else {
        throw Self.invalid("'max_age_ms' goes with consistency=stale only: other reads have no age")
      }
      self = .linearizable
    case "stale":
      guard let maximumAge else {
        self = .stale(maximumMilliseconds: 10_000)
        return
      }
      guard let age = Int(maximumAge), Self.allowedAge.contains(age) else {
        throw Self.invalid(
          "'max_age_ms' must be a number from \(Self.allowedAge.lowerBound) to \(Self.allowedAge.upperBound), is '\(maximumAge)'"
        )
      }
      self = .stale(maximumMilliseconds: age)
    case .some(let other):
      throw Self.invalid("'consistency' must be linearizable or stale, is '\(other)'")
    }
  }

  private static func invalid(_ words: String) -> APIError { APIError(.badRequest, "invalidQuery", words) }
}
