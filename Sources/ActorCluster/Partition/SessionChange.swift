// What applied records change in the session table's rows: values, made into bytes only when a checkpoint writes them.
internal import CBOR

/// One row of the session table. Most replies are forgotten before any checkpoint: a row that nobody will write is not encoded.
package enum SessionChange: Equatable, Sendable {
  /// Nil: it is forgotten. A reply's row is put once, and deleted before it could be put again.
  case reply(CommandID, StoredReply?)
  case header(SessionID, SessionHeader?)

  /// As the state file has it.
  package func row() throws -> RowChange {
    switch self {
    case .reply(let id, let reply):
      let row = RowID(
        actor: ActorKey(type: SessionTable.rowType, id: id.session.description), row: hex(id.sequence))
      return try reply.map { .put(row, try CBOREncoder().encode($0)) } ?? .delete(row)
    case .header(let session, let header):
      let row = RowID(
        actor: ActorKey(type: SessionTable.rowType, id: session.description), row: SessionTable.headerRow)
      return try header.map { .put(row, try CBOREncoder().encode($0)) } ?? .delete(row)
    }
  }
}

package struct SessionHeader: Codable, Equatable, Sendable {
  /// Ids below it are forgotten.
  var floor: UInt64 = 0
  /// Hour of partition time of the last use.
  var hour: Int64 = .min

  enum CodingKeys: Int, CodingKey {
    case floor = 0
    case hour = 1
  }
}

package struct StoredReply: Codable, Equatable, Sendable {
  var reply: [UInt8]
  var fingerprint: UInt64

  package init(reply: [UInt8], fingerprint: UInt64) {
    self.reply = reply
    self.fingerprint = fingerprint
  }

  enum CodingKeys: Int, CodingKey {
    case reply = 0
    case fingerprint = 1
  }
}

/// The session table's changes that no checkpoint has written yet.
struct DirtySessions: Sendable {
  private struct Reply: Sendable {
    var index: UInt64
    var reply: StoredReply?
    /// The state file has no row of it: when the reply is forgotten, nothing is to be deleted there.
    var isUnwritten: Bool
  }

  /// What was put up to here may be in the state file already.
  let writtenThrough: UInt64
  private var replies: [CommandID: Reply] = [:]
  private var headers: [SessionID: (index: UInt64, header: SessionHeader?)] = [:]

  init(writtenThrough: UInt64) {
    self.writtenThrough = writtenThrough
  }

  var count: Int { replies.count + headers.count }

  mutating func add(_ change: SessionChange, at index: UInt64) {
    switch change {
    case .reply(let id, let reply?):
      // A row that was deleted since the last checkpoint is in the file; one that nobody deleted is not.
      let isUnwritten = replies[id]?.isUnwritten ?? (index > writtenThrough)
      replies[id] = Reply(index: index, reply: reply, isUnwritten: isUnwritten)
    case .reply(let id, nil):
      if replies[id]?.isUnwritten == true {
        replies[id] = nil
      } else {
        replies[id] = Reply(index: index, reply: nil, isUnwritten: false)
      }
    case .header(let session, let header):
      headers[session] = (index, header)
    }
  }

  /// In no particular order.
  func rows() throws -> [(index: UInt64, row: RowChange)] {
    try replies.map { ($1.index, try SessionChange.reply($0, $1.reply).row()) }
      + headers.map { ($1.index, try SessionChange.header($0, $1.header).row()) }
  }
}
