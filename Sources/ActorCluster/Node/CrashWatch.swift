// What this node and the others died of: keeps it, shares it, says it. A shell around `CrashTable`; safe from any thread.
internal import CBOR
internal import Dispatch
internal import Logging
internal import NIOConcurrencyHelpers
internal import NodeStore
public import PeerTransport
internal import Synchronization

/// Work that nodes died of.
public struct CrashReport: Equatable, Sendable {
  /// What it was, in words: a command, a durable message, a timer, an entry of the log.
  public var work: String
  public var actor: String
  public var method: String
  /// How often each node died of it.
  public var crashes: [NodeID: Int]
  /// It is not done any more on the node that says this.
  public var isRefused: Bool

  package init(
    work: String, actor: String, method: String, crashes: [NodeID: Int], isRefused: Bool
  ) {
    self.work = work
    self.actor = actor
    self.method = method
    self.crashes = crashes
    self.isRefused = isRefused
  }
}

final class CrashWatch: Sendable {
  private struct State {
    var table = CrashTable()
    /// When this process first heard of each entry, on the monotonic clock.
    var learned: [CrashKey: Int64] = [:]
    var verdicts = PoisonVerdicts.none
    var announced: Set<CrashKey> = []
    var isSomebodyAway = true
    /// Nothing waits to be written down.
    var isKept = true
  }

  /// What is kept in the file `crashes`.
  private struct Kept: Codable {
    var entries: [CrashTable.Entry]
    /// The run whose end is counted already.
    var counted: UInt64

    enum CodingKeys: Int, CodingKey {
      case entries = 0
      case counted = 1
    }
  }

  static let fileName = "crashes"

  private let node: NodeID
  private let store: NodeStore
  private let logger: Logger
  /// The run whose end is counted: the one before this.
  private let counted: UInt64
  private let file: CrashFile?
  private let state: NIOLockedValueBox<State>
  private let number = Atomic<UInt64>(0)
  /// One at a time, in order.
  private let writing = DispatchQueue(label: "crash notes", qos: .utility)

  init(node: NodeID, store: NodeStore, clock: ClusterClock, logger: Logger) {
    self.node = node
    self.store = store
    self.logger = logger
    var kept = Kept(entries: [], counted: 0)
    do {
      if let bytes = try store.note(Self.fileName) {
        kept = try CBORDecoder().decode(Kept.self, from: bytes)
      }
    } catch {
      logger.warning(
        "what this node died of before cannot be read, and is forgotten", metadata: ["cause": "\(error)"])
    }
    var table = CrashTable(kept.entries)
    file = CrashFile(store: store, run: store.life)
    counted = file?.leftBy ?? kept.counted
    state = NIOLockedValueBox(State())
    if file == nil {
      logger.warning(
        "the file that says what this node dies of cannot be used: a command that crashes it may be tried again and again",
        metadata: ["file": "\(store.notePath(CrashFile.name))"])
    }
    if let file, file.leftBy != kept.counted {
      for record in file.left {
        table.add(record.key, actor: record.actor, method: record.method, on: node, at: clock.wall())
        logger.error(
          "the last run of this node ended while it did this; after two such ends it is refused",
          metadata: [
            "work": "\(record.key)", "actor": "\(record.actor)", "method": "\(record.method)",
          ])
      }
    }
    let now = clock.monotonic()
    state.withLockedValue { $0.table = table }
    // First kept, then forgotten where it was found: never the other way around.
    if keep() { file?.begin() }
    judge(at: now)
  }

  func notes(ofLoop number: Int) -> (any InFlightNotes)? { file?.slot(number) }

  // MARK: verdicts

  /// Raised whenever the verdicts change.
  var version: UInt64 { number.load(ordering: .acquiring) }

  var verdicts: PoisonVerdicts { state.withLockedValue { $0.verdicts } }

  /// To be called about twice a second.
  /// - Parameter isSomebodyAway: a node of the cluster is not heard.
  func observe(isSomebodyAway: Bool, at now: Int64) {
    let isIdle = state.withLockedValue { state in
      state.isSomebodyAway = isSomebodyAway
      return state.table.isEmpty
    }
    if !isIdle { judge(at: now) }
  }

  private func judge(at now: Int64) {
    let news = state.withLockedValue { state -> [CrashTable.Entry] in
      for entry in state.table.entries where state.learned[entry.key] == nil {
        state.learned[entry.key] = now
      }
      if state.learned.count > 2 * CrashTable.capacity {
        let keys = Set(state.table.entries.map(\.key))
        state.learned = state.learned.filter { keys.contains($0.key) }
        state.announced.formIntersection(keys)
      }
      let (learned, isAway) = (state.learned, state.isSomebodyAway)
      let verdicts = state.table.verdicts(on: node) {
        isAway && now - (learned[$0] ?? now) < CrashTable.patience
      }
      guard verdicts != state.verdicts else { return [] }
      state.verdicts = verdicts
      number.add(1, ordering: .releasing)
      return state.table.entries.filter {
        verdicts.crashes(of: $0.key) != nil && state.announced.insert($0.key).inserted
      }
    }
    for entry in news {
      logger.critical(
        entry.key.isRefusable
          ? "a piece of work has crashed nodes and is refused from now on: report it with its actor, method and time"
          : "applying this has crashed this node twice: its partition stops here before it, and its other replicas go on; install a version that can apply it, stop the node, and remove the file 'crashes' from its data directory",
        metadata: [
          "work": "\(entry.key)", "actor": "\(entry.actor)", "method": "\(entry.method)",
          "crashes": "\(entry.counts.map { "\($0.node): \($0.crashes)" }.joined(separator: ", "))",
        ])
    }
  }

  // MARK: what nodes tell each other

  /// For pings; nil when there is nothing to tell.
  var told: [CrashTable.Entry]? {
    state.withLockedValue { $0.table.isEmpty ? nil : $0.table.entries }
  }

  func received(_ entries: [CrashTable.Entry]?, at now: Int64) {
    guard let entries, state.withLockedValue({ $0.table.merge(entries, exceptOf: node) }) else { return }
    judge(at: now)
    keepSoon()
  }

  /// The links' loop must not wait for the disk. What is lost of it with this process the others tell again.
  private func keepSoon() {
    let isFirst = state.withLockedValue { state in
      defer { state.isKept = false }
      return state.isKept
    }
    guard isFirst else { return }
    writing.async { [self] in
      // What comes from here on is written anew.
      state.withLockedValue { $0.isKept = true }
      keep()
    }
  }

  var reports: [CrashReport] {
    state.withLockedValue { state in
      state.table.entries.map { entry in
        CrashReport(
          work: "\(entry.key)", actor: entry.actor, method: entry.method,
          crashes: Dictionary(entry.counts.map { ($0.node, $0.crashes) }, uniquingKeysWith: max),
          isRefused: state.verdicts.crashes(of: entry.key) != nil)
      }
    }
  }

  /// Whether it is on stable storage: it blocks for a sync.
  @discardableResult
  private func keep() -> Bool {
    let entries = state.withLockedValue { $0.table.entries }
    do {
      if entries.isEmpty, try store.note(Self.fileName) == nil { return true }
      try store.write(
        note: Self.fileName, CBOREncoder().encode(Kept(entries: entries, counted: counted)))
      return true
    } catch {
      logger.warning(
        "what nodes died of cannot be written down, and may be forgotten at the next start",
        metadata: ["cause": "\(error)"])
      return false
    }
  }
}
