// A campaign's check finds what it is there to find: against a register in memory that can be made to forget.
import ClusterTestKit
import Foundation
import Testing
import kill_campaign

@Suite struct CampaignCheckTests {
  enum Fault: CaseIterable {
    case none
    /// Some acknowledged changes never happen.
    case lostChange
    /// A key goes back to what it was some changes ago, as after a leader that acknowledged too early.
    case lostTail
    /// A retried addition is executed again.
    case addedTwice
    /// Reads answer with an old value.
    case staleRead
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func aSoundRegisterIsFoundLinearizable(seed: UInt64) throws {
    let verdict = try run(.none, seed: seed)
    #expect(verdict.violations.isEmpty && verdict.undecided.isEmpty, "seed \(seed): \(verdict)")
    #expect(verdict.lost.isEmpty && verdict.doubled.isEmpty, "seed \(seed)")
    #expect(verdict.linearizableKeys > 10 && verdict.acknowledgedAdds > 100, "seed \(seed)")
    #expect(verdict.peakEvents < 2_000, "seed \(seed): held \(verdict.peakEvents) events at once")
  }

  @Test(arguments: Fault.allCases.filter { $0 != .none }, [1, 2, 3] as [UInt64])
  func everyFaultIsFound(fault: Fault, seed: UInt64) throws {
    let verdict = try run(fault, seed: seed)
    #expect(!verdict.violations.isEmpty, "seed \(seed): \(fault) was not found by the checker")
    if fault == .addedTwice { #expect(!verdict.doubled.isEmpty, "seed \(seed)") }
  }

  /// Only the read at the end shows it: what was acknowledged last is gone.
  @Test func aLossAfterTheLastOperationIsFound() throws {
    let verdict = try run(.none, seed: 9, forgetAtEnd: true)
    #expect(!verdict.violations.isEmpty)
    #expect(!verdict.lost.isEmpty)
  }

  /// Nobody knows what is in a key that could not be read: that is no loss.
  @Test func aKeyThatCouldNotBeReadIsNotJudged() throws {
    let whole = try run(.none, seed: 4)
    let verdict = try run(.none, seed: 4, unread: 8)
    #expect(verdict.lost.isEmpty && verdict.doubled.isEmpty && verdict.violations.isEmpty)
    #expect(verdict.unread.count == 8)
    let counters = verdict.unread.count { $0.hasPrefix("c") }
    #expect(counters > 0, "this seed must have a counter among the first keys")
    #expect(verdict.countersCounted == whole.countersCounted - counters)
    #expect(verdict.acknowledgedAdds < whole.acknowledgedAdds)
    #expect(whole.unread.isEmpty)
  }

  private struct Running {
    var ticket: CampaignBoard.Ticket
    var outcome: RegisterOutcome?
  }

  /// Clients whose calls begin, happen and end in a random order.
  private func run(_ fault: Fault, seed: UInt64, forgetAtEnd: Bool = false, unread: Int = 0)
    throws -> CampaignVerdict
  {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("check-\(UUID())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var options = CampaignOptions(
      duration: .seconds(1), clients: 12, slots: 3, killEvery: .seconds(2), seed: seed, directory: directory,
      history: "\(directory)/history.jsonl", nodeExecutable: "")
    options.operationsPerKey = 150
    let board = try CampaignBoard(options)
    var random = SplitMix64(seed: seed)
    var store = FaultyStore(fault: fault, random: SplitMix64(seed: seed &+ 1))
    var running: [Running?] = Array(repeating: nil, count: options.clients)
    for step in 0..<12_000 {
      if step % 2_000 == 1_999 { board.willKill() }
      let client = Int(random.next() % UInt64(options.clients))
      guard let call = running[client] else {
        running[client] = board.begin(client: client).map { Running(ticket: $0) }
        continue
      }
      if let outcome = call.outcome {
        // Some outcomes get lost on the way.
        _ = board.end(call.ticket, random.chance(oneIn: 100) ? .unknown : outcome, surprise: nil)
        running[client] = nil
      } else if random.chance(oneIn: 200) {
        _ = board.end(call.ticket, .unknown, surprise: nil)
        running[client] = nil
      } else {
        running[client]?.outcome = store.perform(call.ticket.call, on: call.ticket.key)
      }
    }
    for case let call? in running { _ = board.end(call.ticket, .unknown, surprise: nil) }
    if forgetAtEnd { store.forget() }
    board.close()
    board.finishWork()
    for key in 0..<board.keyCount {
      let ticket = board.beginFinalRead(of: key)
      if key < unread { continue }
      board.endFinalRead(ticket, value: store.values[key] ?? nil)
    }
    return try CampaignCheck(options: options, counts: try board.finish()).run()
  }
}

/// Registers in memory.
private struct FaultyStore {
  var fault: CampaignCheckTests.Fault
  var random: SplitMix64
  var values: [Int: Int?] = [:]
  private var past: [Int: [Int?]] = [:]

  init(fault: CampaignCheckTests.Fault, random: SplitMix64) {
    self.fault = fault
    self.random = random
  }

  mutating func perform(_ call: RegisterCall, on key: Int) -> RegisterOutcome {
    let value = values[key] ?? nil
    let fails = random.chance(oneIn: 100)
    if fails, fault == .lostTail, let old = past[key]?.dropLast(8).last { values[key] = old }
    switch call {
    case .read:
      if fails, fault == .staleRead, let old = past[key]?.dropLast(20).last { return .value(old) }
      return .value(value)
    case .write(let new):
      if !fails || fault != .lostChange { set(new, key) }
      return .done
    case .compareAndSet(let from, let to):
      guard value == from else { return .swapped(false) }
      set(to, key)
      return .swapped(true)
    case .add(let delta):
      let total = (value ?? 0) + delta
      if !fails || fault != .lostChange { set(total, key) }
      if fails, fault == .addedTwice { set(total + delta, key) }
      return .total(total)
    }
  }

  /// Every key loses its last changes.
  mutating func forget() {
    for (key, past) in past { values[key] = past.first ?? nil }
  }

  private mutating func set(_ value: Int, _ key: Int) {
    past[key, default: []].append(values[key] ?? nil)
    values[key] = value
  }
}
