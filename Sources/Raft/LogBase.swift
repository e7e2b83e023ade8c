// Where a log begins, and positions in logs. Pure values.

/// What is known of the part of a log that is no longer there: its last index with its term, and who belonged to the
/// group at that point.
public struct LogBase: Equatable, Sendable {
  public var index: LogIndex
  public var term: Term
  public var membership: Membership

  public init(index: LogIndex, term: Term, membership: Membership) {
    self.index = index
    self.term = term
    self.membership = membership
  }
}

extension LogBase: Codable {
  private enum CodingKeys: Int, CodingKey {
    case index = 0
    case term = 1
    case membership = 2
  }
}

/// The end of a log, in the order of "at least as up to date" (paper, 5.4.1).
public struct LogPosition: Comparable, Hashable, Sendable {
  public var term: Term
  public var index: LogIndex

  public init(term: Term, index: LogIndex) {
    self.term = term
    self.index = index
  }

  public static func < (left: LogPosition, right: LogPosition) -> Bool {
    (left.term, left.index) < (right.term, right.index)
  }
}
