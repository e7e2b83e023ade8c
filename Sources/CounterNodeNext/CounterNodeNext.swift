// `counter-node-next`: the same node one version later, whose counters know a field, an event and a method more.
import ActorCluster
import ClusterTestKit
import CounterNodeProcess

@main
struct CounterNodeNext {
  static func main() async throws {
    try await CounterNode.main(serving: DurableTypes([NextCounter.self, Register.self, Trap.self]))
  }
}
