// What clients were told: the sums that must come out, and a history for the checker. A value.
import ActorCluster
import CBOR
import HistoryChecker

struct ClientLedger {
  /// Increments acknowledged, per counter.
  private(set) var added: [String: Int] = [:]
  private(set) var reminders = 0
  /// Interactions whose creation was acknowledged.
  private(set) var created: [String] = []
  /// Of registers only.
  private(set) var history: [HistoryRecord] = []

  mutating func begun(_ request: ClientRequest, client: Int, at now: Int64) {
    switch request.purpose {
    case .add(let counter) where SimulatedClient.registers.contains(counter):
      record(.invoke, "add", counter, .integer(1), client, now)
    case .read(let counter):
      record(.invoke, "read", counter, .null, client, now)
    default: break
    }
  }

  mutating func completed(_ request: ClientRequest, reply: [UInt8]?, client: Int, at now: Int64) {
    guard let reply else { return }
    switch request.purpose {
    case .create: created.append(request.actor.id)
    case .remind: reminders += 1
    case .add(let counter):
      added[counter, default: 0] += 1
      if SimulatedClient.registers.contains(counter),
        let total = try? CBORDecoder().decode(Int.self, from: reply)
      {
        record(.ok, "add", counter, .integer(Int64(total)), client, now)
      }
    case .read(let counter):
      guard let value = try? CBORDecoder().decode(CounterState.Value.self, from: reply) else { return }
      // A register that was never added to reads as nothing.
      record(.ok, "read", counter, value.increments == 0 ? .null : .integer(Int64(value.value)), client, now)
    case .act, .viewAgent, .transfer: break
    }
  }

  private mutating func record(
    _ kind: HistoryRecord.Kind, _ function: String, _ key: String, _ value: JSONValue, _ client: Int,
    _ now: Int64
  ) {
    history.append(
      HistoryRecord(
        process: Int64(client), kind: kind, function: function, key: .string(key), value: value,
        time: now * 1_000))
  }
}
