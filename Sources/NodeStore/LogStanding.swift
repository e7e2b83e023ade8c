// How far the end of the log can be trusted, kept through restarts until somebody confirms it. Touches the `meta` table.
internal import GRDB

/// What a start must know before this node votes with what its log says.
///
/// It is stored, because the trace in the files is gone with the first write after the start: a node that is killed before
/// its log was confirmed would come back as if nothing had been doubtful.
enum LogStanding: String {
  case sound
  /// The files were made and no majority has confirmed since that there was nothing to lose.
  case unconfirmedNew = "new"
  /// A tail was cut and nobody has confirmed since that nothing acknowledged was in it.
  case unconfirmedCut = "cut"

  /// Files of an older version say nothing: sound.
  init(_ database: Database) throws {
    let value = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'standing'")
    self = value.flatMap(LogStanding.init(rawValue:)) ?? .sound
  }

  /// Runs in a transaction of the caller's.
  func write(_ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO meta(key, value) VALUES('standing', ?) ON CONFLICT DO UPDATE SET value = excluded.value
        """,
      arguments: [rawValue])
  }
}

/// How the end of the log was cut at the start. In order: the worse is the greater.
enum LogCut: Int, Comparable {
  case none
  /// A transaction without its end, and nothing bad in it.
  case unfinished
  /// A transaction with something bad in it.
  case torn

  private static let unfinishedMarker = Array("unfinished".utf8)
  private static let tornMarker = Array("torn".utf8)

  /// What a start that failed has left. An incomplete marker, as a full disk leaves it, says nothing: that start has not come
  /// to opening the log, so the trace is still in the log's files. One of another version says the worst.
  init(marker: [UInt8]) {
    let markers: [(LogCut, [UInt8])] = [(.unfinished, Self.unfinishedMarker), (.torn, Self.tornMarker)]
    if let known = markers.first(where: { $0.1 == marker }) {
      self = known.0
    } else {
      self = markers.contains { $0.1.starts(with: marker) } ? .none : .torn
    }
  }

  var marker: [UInt8] { self == .unfinished ? Self.unfinishedMarker : Self.tornMarker }

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// Whether something that was acknowledged may have been in it.
  /// - Parameter machineLivedOn: the machine has not been restarted since the log was last opened, so the page cache, and
  ///   with it everything that was written, outlived the process: what has no end was never acknowledged.
  func isDoubtful(machineLivedOn: Bool) -> Bool {
    switch self {
    case .none: false
    case .unfinished: !machineLivedOn
    case .torn: true
    }
  }
}
