// `counter-node`: counters and registers as they are.
import ActorCluster
import ClusterTestKit
import CounterNodeProcess

@main
struct CounterNodeThis {
  static func main() async throws {
    try await CounterNode.main(serving: DurableTypes([Counter.self, Register.self, Trap.self]))
  }
}
