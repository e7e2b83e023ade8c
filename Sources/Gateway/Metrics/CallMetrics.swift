// Which figures of calls between nodes are metrics: pure. Names are what dashboards rely on: never change one.
package import ActorCluster
internal import PeerTransport

extension PrometheusText {
  package mutating func addCalls(_ calls: CallStatistics) {
    add(
      "switchboard_calls_kept", .gauge,
      "Calls to peers that are not answered, also those that nobody waits for any more.",
      value: UInt64(clamping: calls.kept))
    add(
      "switchboard_calls_running", .gauge, "Calls of peers that run on this node.",
      value: UInt64(clamping: calls.running))
    add(
      "switchboard_call_credit_used_bytes", .gauge,
      "Bytes of calls to a peer that it has not answered. At its window, callers are refused as overloaded.",
      calls.credit.map { ([("peer", $0.peer.node.rawValue)], UInt64(clamping: $0.bytesUnderWay)) })
    add(
      "switchboard_call_credit_window_bytes", .gauge, "Bytes of calls that a peer allows at once.",
      calls.credit.map { ([("peer", $0.peer.node.rawValue)], UInt64(clamping: $0.window)) })
    add(
      "switchboard_dead_letters_total", .counter, "Calls and answers that reached nobody, by kind.",
      DeadLetterKind.allCases.map { ([("kind", $0.rawValue)], calls.deadLetters[$0] ?? 0) })
  }
}
