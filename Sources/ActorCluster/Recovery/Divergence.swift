// What a node had in its log, and perhaps acknowledged, that those lack who went on without it: for people to read. Pure, but for
// `write`.
internal import CBOR
internal import Foundation
package import NodeStore
package import Raft

/// One record of the file `divergent-EPOCH.jsonl`, a line of JSON.
package struct DivergentRecord: Codable, Equatable, Sendable {
  package enum Standing: String, Codable, Sendable {
    /// It was committed here: its caller may have been told that it is done.
    case committed
    /// It is not known whether it was committed.
    case unknown
  }

  package var partition: UInt32
  package var index: UInt64
  package var term: UInt64
  /// Partition time: ISO 8601.
  package var time: String
  package var standing: Standing
  /// Whether the others are known to lack it. False: that could not be told.
  package var isMissingElsewhere: Bool
  package var actor: String?
  /// What it was the decision on: `command ID`, `message FROM#NUMBER`, `timer NAME` or `retention`.
  package var cause: String
  /// The actor's events, the messages it sent and the reply, in the diagnostic notation of CBOR (RFC 8949, section 8).
  package var events: String
  package var messages: [String]
  package var reply: String
}

package enum Divergence {
  /// The records of one partition that are not in the log that others went on with.
  /// - Parameters:
  ///   - own: this replica. While a membership named nobody else, what it wrote was committed.
  ///   - fork: nil when nobody has said what the others have.
  package static func records(
    _ partition: PartitionID, _ log: RecoveredLog, own: ReplicaID?, fork: LogFork?
  ) -> [DivergentRecord] {
    let shared = fork?.sharedIndex(with: log)
    var isAlone = log.base.map { $0.membership.allVoters == [own].compactMap(\.self) } ?? false
    var records: [DivergentRecord] = []
    for entry in log.entries {
      if case .membership(let membership) = entry.payload {
        isAlone = membership.allVoters == [own].compactMap(\.self)
      }
      guard entry.index > shared ?? 0, case .command(let bytes) = entry.payload,
        let record = try? CBORDecoder().decode(LogRecord.self, from: bytes)
      else { continue }
      let isCommitted = isAlone || entry.index <= log.hardState.commit
      guard let cause = words(record.cause) else { continue }
      records.append(
        DivergentRecord(
          partition: partition.rawValue, index: entry.index, term: entry.term,
          time: time(record.time.milliseconds), standing: isCommitted ? .committed : .unknown,
          isMissingElsewhere: shared != nil, actor: record.actor?.description, cause: cause,
          events: text(record.events),
          messages: record.messages.map { "\($0.to).\($0.method) \(text($0.argument))" },
          reply: text(record.reply)))
    }
    return records
  }

  /// Nil for what no caller has heard of.
  private static func words(_ cause: LogRecord.Cause) -> String? {
    switch cause {
    case .command(let command, _, _): "command \(command)"
    case .message(let partition, let sequence): "message \(partition.rawValue)#\(sequence)"
    case .timer(let name): "timer \(name)"
    case .retention: "retention"
    case .housekeeping: nil
    }
  }

  private static func text(_ bytes: [UInt8]) -> String {
    guard !bytes.isEmpty else { return "" }
    return (try? cborDiagnostic(bytes)) ?? "h'\(bytes.map { hex(UInt64($0)).suffix(2) }.joined())'"
  }

  package static func time(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true))
  }

  // MARK: the file

  /// Writes what files that are about to be set aside have beyond those that went on, if a node of a later epoch refused them.
  /// - Parameter report: told in words what was written, or why nothing was.
  package static func write(_ store: NodeStore, report: (String) -> Void) {
    guard let bytes = store.supersededNotice else { return }
    let notice = EpochNotice(decoding: bytes)
    let epoch = notice?.epochs.map(\.number).max() ?? 0
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var (count, committed) = (0, 0)
    do {
      let path = try store.writeForPeople(name: "divergent-\(epoch).jsonl") { append in
        for (partition, log) in store.recovered.sorted(by: { $0.key < $1.key }) {
          let records = Self.records(
            partition, log, own: store.replicaIDs[partition] ?? log.only,
            fork: notice?.fork(of: partition, after: store.epoch))
          for record in records { try append(Array(try encoder.encode(record)) + [UInt8(ascii: "\n")]) }
          count += records.count
          committed += records.count { $0.standing == .committed }
        }
      }
      report(
        "\(notice?.node ?? "another node") went on without this one, in epoch \(epoch): \(count) records that are here and not "
          + "known to be there, \(committed) of them committed here, are written to \(path)")
    } catch {
      report(
        "what these files have that others lack cannot be written to \(store.path): \(error); it is in the files that are set aside"
      )
    }
  }
}

extension RecoveredLog {
  /// The only voter of the last membership, if there is one only.
  fileprivate var only: ReplicaID? {
    var last = base?.membership
    for case .membership(let membership) in entries.lazy.map(\.payload) { last = membership }
    guard let voters = last?.allVoters, voters.count == 1 else { return nil }
    return voters.first
  }
}
