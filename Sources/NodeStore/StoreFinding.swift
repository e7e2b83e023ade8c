// What a verification of a data directory found: values.

/// One thing that is not as it must be.
public struct StoreFinding: Codable, Equatable, Sendable, CustomStringConvertible {
  public enum Kind: String, Codable, Sendable {
    /// Something is not what was written, or is missing.
    case damage
    /// It need not be wrong, but a person should know it.
    case note
  }

  public var kind: Kind
  public var file: String
  /// Where that is known.
  public var partition: UInt32?
  /// Which frame, batch, row or pragma.
  public var place: String
  public var words: String

  public init(kind: Kind = .damage, file: String, partition: PartitionID? = nil, place: String, words: String)
  {
    self.kind = kind
    self.file = file
    self.partition = partition?.rawValue
    self.place = place
    self.words = words
  }

  public var description: String {
    let partition = partition.map { ", partition \($0)" } ?? ""
    return "\(kind.rawValue): \(file)\(partition), \(place): \(words)"
  }
}

/// The findings, and how much was looked at.
public struct StoreVerification: Codable, Equatable, Sendable {
  /// In the order in which they were found; at most `findingLimit`.
  public internal(set) var findings: [StoreFinding] = []
  /// Also those that did not fit.
  public internal(set) var damageCount = 0
  public internal(set) var batches = 0
  public internal(set) var entries = 0
  public internal(set) var rows = 0
  public internal(set) var readModelRows = 0

  /// A file that is damaged from end to end must not fill the memory.
  public static let findingLimit = 1000

  public var isClean: Bool { damageCount == 0 }

  /// How far it is.
  public struct Progress: Equatable, Sendable {
    public var phase: String
    public var done: Int
    /// 0 when nobody knows.
    public var total: Int
  }

  mutating func add(_ finding: StoreFinding) {
    if finding.kind == .damage { damageCount += 1 }
    if findings.count < Self.findingLimit { findings.append(finding) }
  }
}
