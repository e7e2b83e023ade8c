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
