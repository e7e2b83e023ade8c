// Durable actors on a simulated cluster under faults: every acknowledged command once, every message once.
import ActorCluster
import CBOR
import ClusterTestKit
import Foundation
import NodeStore
import Testing

@Suite struct SimulatedCounterTests {
  /// One client: one command at a time, retried with its id at any node until it is answered.
  private struct Client {
    let session: SessionID
    var sequence: UInt64 = 0
    var call: PartitionCall?
    var sentAt: Int64 = 0
    var acknowledged: [String: Int] = [:]
    var reminders = 0
  }

  private struct World {
    var cluster: SimulatedCluster
    var clients: [Client]
    var nextCall: UInt64 = 1
    var owners: [CallID: Int] = [:]
    var isIssuing = true
    let counters = (0..<6).map { "c\($0)" }

    init(seed: UInt64) {
      cluster = SimulatedCluster(
        nodes: 3, partitionCount: 4, types: DurableTypes([Counter.self]), seed: seed)
      clients = (0..<5).map { Client(session: SessionID(high: seed, low: UInt64($0))) }
    }

    mutating func step() throws {
      cluster.step()
      for answer in cluster.takeAnswers() { try receive(answer) }
      for index in clients.indices { try act(index) }
    }

    private mutating func act(_ index: Int) throws {
      if clients[index].call == nil, isIssuing { clients[index].call = try command(index) }
      guard var call = clients[index].call, cluster.now - clients[index].sentAt > 400 else { return }
      call.id = CallID(rawValue: nextCall)
      nextCall += 1
      owners[call.id] = index
      clients[index].sentAt = cluster.now
      cluster.call(call, at: Int(cluster.random.next() % UInt64(cluster.nodeIDs.count)))
    }

    private mutating func command(_ index: Int) throws -> PartitionCall {
      clients[index].sequence += 1
      let counter = counters[Int(cluster.random.next() % UInt64(counters.count))]
      let (method, argument): (String, [UInt8]) =
        switch cluster.random.next() % 4 {
        case 0:
          (
            "transfer",
            try CBOREncoder().encode(
              CounterState.Transfer(
                to: counters[Int(cluster.random.next() % UInt64(counters.count))], amount: 7))
          )
        case 1: ("remind", try CBOREncoder().encode(Int(cluster.random.next() % 500)))
        default: ("increment", try CBOREncoder().encode(1))
        }
      return PartitionCall(
        id: CallID(rawValue: 0),
        command: CommandID(session: clients[index].session, sequence: clients[index].sequence),
        firstOutstanding: clients[index].sequence, actor: ActorKey(type: "counter", id: counter),
        method: method, argument: argument)
    }

    private mutating func receive(_ answer: SimulatedCluster.Answer) throws {
      guard let index = owners.removeValue(forKey: answer.call), let call = clients[index].call else {
        return
      }
      switch answer.answer {
      case .reply:
        if call.method == "increment" { clients[index].acknowledged[call.actor.id, default: 0] += 1 }
        if call.method == "remind" { clients[index].reminders += 1 }
        clients[index].call = nil
        clients[index].sentAt = 0
      case .redirected, .failed(.overloaded):
        clients[index].sentAt = min(clients[index].sentAt, cluster.now - 380)
      case .refused, .failed:
        Issue.record("unexpected answer \(answer.answer) to \(call.method)")
      }
    }

    mutating func read(_ counter: String) throws -> CounterState.Value? {
      let key = ActorKey(type: "counter", id: counter)
      for attempt in 0..<400 {
        guard let server = cluster.server(of: cluster.placement.partition(of: key)) else {
          cluster.step()
          continue
        }
        let id = CallID(rawValue: 1_000_000 + nextCall)
        nextCall += 1
        let command = CommandID(session: SessionID(high: 0, low: 99), sequence: UInt64(attempt))
        cluster.call(
          PartitionCall(
            id: id, command: command, firstOutstanding: 0, actor: key, method: "value",
            argument: try CBOREncoder().encode(Done())), at: server)
        for _ in 0..<20 {
          cluster.step()
          for answer in cluster.takeAnswers() where answer.call == id {
            if case .reply(let bytes) = answer.answer {
              return try CBORDecoder().decode(CounterState.Value.self, from: bytes)
            }
          }
        }
      }
      return nil
    }
  }

  /// Replay one seed with `CLUSTER_SEED=n swift test --filter SimulatedCounterTests`.
  static let seeds: [UInt64] =
    ProcessInfo.processInfo.environment["CLUSTER_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? Array(1...40)

  @Test(arguments: seeds)
  func everythingAcknowledgedIsThereOnce(seed: UInt64) throws {
    var world = World(seed: seed)
    for _ in 0..<1_500 { try world.step() }
    world.isIssuing = false
    world.cluster.heal()
    for _ in 0..<1_500 { try world.step() }
    #expect(world.cluster.quarantined() == nil, "seed \(seed)")
    #expect(world.clients.allSatisfy { $0.call == nil }, "seed \(seed): a command is never answered")
    var total = 0
    var increments = 0
    var fired = 0
    for counter in world.counters {
      let value = try #require(try world.read(counter), "seed \(seed): \(counter) cannot be read")
      let acknowledged = world.clients.reduce(0) { $0 + ($1.acknowledged[counter] ?? 0) }
      #expect(value.increments == acknowledged, "seed \(seed): increments of \(counter)")
      total += value.value
      increments += value.increments
      fired += value.fired
    }
    #expect(total == increments, "seed \(seed): a transferred amount was lost or doubled")
    #expect(fired == world.clients.reduce(0) { $0 + $1.reminders }, "seed \(seed): timers")
    #expect(increments > 50, "seed \(seed): too little happened")
  }
}
