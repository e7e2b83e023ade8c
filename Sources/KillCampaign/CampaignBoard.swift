// What the clients of a campaign share: the history file, and what is counted beside it. Safe from any thread.
import Foundation
package import HistoryChecker
import Synchronization

/// Monotonic nanoseconds.
package enum Monotonic {
  package static func now() -> Int64 { Int64(clamping: DispatchTime.now().uptimeNanoseconds) }
}

/// What was counted of a campaign, without the check.
package struct CampaignCounts: Sendable {
  package var ok = 0
  package var failed = 0
  package var unknown = 0
  /// What clients were told that no client should be told.
  package var surprises: [String] = []
  /// Each kill and restart, with the history's time: two lines for each kill.
  package var notes: [String] = []
  package var overlap: OverlapMeter
  package var gaps: GapMeter
  /// By process and time: of every key, the read at the end.
  package var finalReads: [Int: [HistoryRecord]] = [:]
  package var keys: [KeyRecord] = []
  /// Where in the file the final reads begin, in bytes.
  package var finalOffset = 0
  package var patience: Patience?
  /// How long clients were at work.
  package var nanoseconds: Int64 = 0

  package var operations: Int { ok + failed + unknown }
  package var unknownShare: Double { operations > 0 ? Double(unknown) / Double(operations) : 0 }
}

/// Gives every client its next operation and records it: the invocation before the call, the end after it. The time is
/// taken in the same critical section that appends the line, so that the file is in order of time.
package final class CampaignBoard: Sendable {
  /// An operation under way.
  package struct Ticket: Sendable {
    package let client: Int
    package let slot: Int
    package let process: Int64
    package let key: Int
    package let keyName: String
    package let call: RegisterCall
    package let deadline: Duration
  }

  /// How long the cluster may take to heal.
  package static let finalDeadline = Duration.seconds(60)

  private struct State: Sendable {
    var workload: Workload
    var counts: CampaignCounts
    var file: HistoryFile
    /// The process number of each client: a new one after each unknown outcome.
    var processes: [Int64]
    var patience: Patience
    /// Unknown outcomes in a row, by client.
    var unknowns: [Int]
    var isClosed = false
  }

  private let state: Mutex<State>
  private let start: Int64
  private let clients: Int

  package init(_ options: CampaignOptions) throws(CampaignError) {
    let file = try HistoryFile(path: options.history)
    start = Monotonic.now()
    clients = options.clients
    let workload = Workload(
      slots: options.slots, operationsPerKey: options.operationsPerKey,
      unknownsPerKey: options.unknownsPerKey, seed: options.seed)
    state = Mutex(
      State(
        workload: workload,
        counts: CampaignCounts(
          overlap: OverlapMeter(now: 0), gaps: GapMeter(slots: workload.slotCount, now: 0)),
        file: file, processes: (0..<options.clients).map { Int64($0) },
        patience: Patience(start: options.deadline, target: options.unknownShare, seed: options.seed),
        unknowns: Array(repeating: 0, count: options.clients)))
  }

  /// The next operation of a client; nil when the campaign is over.
  package func begin(client: Int) -> Ticket? {
    state.withLock { state in
      guard !state.isClosed else { return nil }
      let slot = client % state.workload.slotCount
      let (key, call) = state.workload.begin(slot: slot)
      let now = now()
      state.counts.overlap.began(now: now)
      let process = state.processes[client]
      let name = state.workload.keys[key].name
      state.file.append(
        HistoryRecord(
          process: process, kind: .invoke, function: call.function, key: .string(name), value: call.argument,
          time: now))
      return Ticket(
        client: client, slot: slot, process: process, key: key, keyName: name, call: call,
        deadline: .milliseconds(state.patience.next()))
    }
  }

  /// - Parameter surprise: an error that no client should see.
  /// - Returns: how long the client rests before its next operation, in milliseconds.
  package func end(_ ticket: Ticket, _ outcome: RegisterOutcome, surprise: String?) -> Int {
    state.withLock { state in
      let now = now()
      state.counts.overlap.ended(now: now)
      state.workload.end(key: ticket.key, call: ticket.call, outcome: outcome)
      switch outcome.kind {
      case .ok:
        state.counts.ok += 1
        state.counts.gaps.acknowledged(slot: ticket.slot, now: now)
      case .fail: state.counts.failed += 1
      case .info, .invoke:
        state.counts.unknown += 1
        state.processes[ticket.client] += Int64(clients)
      }
      if let surprise, state.counts.surprises.count < 20 { state.counts.surprises.append(surprise) }
      state.file.append(Self.line(ticket, outcome, now))
      state.unknowns[ticket.client] = outcome == .unknown ? state.unknowns[ticket.client] + 1 : 0
      return state.patience.rest(after: state.unknowns[ticket.client])
    }
  }

  /// A node is about to be killed for the first time in a round.
  package func willKill() {
    state.withLock { state in
      state.counts.gaps.killed(now: now())
      state.patience.adjust(unknown: state.counts.unknownShare)
    }
  }

  /// What is done to the nodes, with the history's time.
  package func note(_ words: String) {
    state.withLock { $0.counts.notes.append("\(now()) \(words)") }
  }

  /// Clients end after the operation that they are in.
  package func close() {
    state.withLock { $0.isClosed = true }
  }

  // MARK: the end

  /// All clients have ended.
  package func finishWork() {
    state.withLock { state in
      let now = now()
      state.counts.nanoseconds = now
      state.counts.gaps.killed(now: now)
      state.counts.finalOffset = state.file.length
    }
  }

  package var keyCount: Int { state.withLock { $0.workload.keys.count } }

  /// The read of a key after the campaign, by a process that did nothing else.
  package func beginFinalRead(of key: Int) -> Ticket {
    state.withLock { state in
      state.workload.beginFinalRead(of: key)
      let process = (state.processes.max() ?? 0) + 1 + Int64(key)
      let name = state.workload.keys[key].name
      let record = HistoryRecord(
        process: process, kind: .invoke, function: RegisterCall.read.function, key: .string(name), time: now()
      )
      state.file.append(record)
      state.counts.finalReads[key, default: []].append(record)
      return Ticket(
        client: 0, slot: 0, process: process, key: key, keyName: name, call: .read,
        deadline: Self.finalDeadline)
    }
  }

  package func endFinalRead(_ ticket: Ticket, value: Int?) {
    state.withLock { state in
      state.workload.end(key: ticket.key, call: .read, outcome: .value(value))
      state.workload.setFinal(value, of: ticket.key)
      let record = Self.line(ticket, .value(value), now())
      state.file.append(record)
      state.counts.finalReads[ticket.key, default: []].append(record)
    }
  }

  /// Closes the file and says what was counted.
  package func finish() throws(CampaignError) -> CampaignCounts {
    let (counts, problem) = state.withLock { state in
      state.counts.keys = state.workload.keys
      state.counts.patience = state.patience
      return (state.counts, state.file.close())
    }
    if let problem { throw problem }
    return counts
  }

  private func now() -> Int64 { Monotonic.now() - start }

  private static func line(_ ticket: Ticket, _ outcome: RegisterOutcome, _ time: Int64) -> HistoryRecord {
    HistoryRecord(
      process: ticket.process, kind: outcome.kind, function: ticket.call.function,
      key: .string(ticket.keyName), value: outcome.result, time: time)
  }
}
