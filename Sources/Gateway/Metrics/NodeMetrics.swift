// Which figures of a node are metrics, and under which names: pure. Names are what dashboards rely on: never change one.
internal import ActorCluster
internal import NodeStore
internal import PeerTransport

extension PrometheusText {
  /// - Parameters:
  ///   - links: connections of this node to other nodes.
  static func of(
    partitions: [PartitionStatus], links: [LinkStatus], refused: TransportCounters, callsUnderWay: Int,
    disk: DiskStatus?, store: StoreStatistics?, gateway: GatewayStatistics.Snapshot
  ) -> PrometheusText {
    var text = PrometheusText()
    text.addPartitions(partitions)
    text.addLinks(links.filter { $0.role == .node })
    text.add(
      "switchboard_peer_refused_total", .counter,
      "Connections to the peer port that were refused or cut, by kind.",
      RefusalKind.allCases.map { ([("kind", $0.rawValue)], refused.refused[$0] ?? 0) })
    text.add(
      "switchboard_calls_under_way", .gauge, "Actor calls from this node that wait for their answer.",
      value: UInt64(clamping: callsUnderWay))
    if let disk { text.addDisk(disk) }
    if let store { text.addStore(store) }
    text.addGateway(gateway)
    return text
  }

  private mutating func addPartitions(_ partitions: [PartitionStatus]) {
    func sum(_ value: (PartitionStatus) -> UInt64) -> UInt64 {
      partitions.reduce(0) { $0 &+ value($1) }
    }
    add("switchboard_partitions", .gauge, "Partition replicas on this node.", value: UInt64(partitions.count))
    add(
      "switchboard_partitions_led", .gauge, "Partitions that this node leads and serves.",
      value: sum { $0.isServing ? 1 : 0 })
    add(
      "switchboard_partitions_without_leader", .gauge, "Partitions whose leader this node does not know.",
      value: sum { $0.leader == nil ? 1 : 0 })
    add(
      "switchboard_partitions_quarantined", .gauge,
      "Partitions that met an entry which they could not apply. Alarm when above 0.",
      value: sum { $0.health.hasPrefix("quarantined") ? 1 : 0 })
    add(
      "switchboard_commit_index", .counter, "Sum of the commit indices of all partitions on this node.",
      value: sum(\.commitIndex))
    add(
      "switchboard_applied_index", .counter, "Sum of the applied indices of all partitions on this node.",
      value: sum(\.appliedIndex))
    add(
      "switchboard_term", .gauge, "Term of each partition; each step is an election.",
      partitions.map { ([("partition", "\($0.partition.rawValue)")], $0.term) })
    add("switchboard_actors", .gauge, "Durable actors in memory.", value: sum { UInt64(clamping: $0.actors) })
    add(
      "switchboard_outbox_messages", .gauge, "Durable messages that their receivers have not acknowledged.",
      value: sum { UInt64(clamping: $0.outboxMessages) })
    add(
      "switchboard_timers", .gauge, "Durable timers that are set.", value: sum { UInt64(clamping: $0.timers) }
    )
  }

  private mutating func addLinks(_ links: [LinkStatus]) {
    func samples(_ value: (LinkStatus) -> UInt64) -> [(labels: [(String, String)], value: UInt64)] {
      links.map { ([("peer", $0.peer.rawValue), ("direction", $0.direction.rawValue)], value($0)) }
    }
    add(
      "switchboard_link_ready", .gauge, "1 for a connection to another node that works.",
      samples { $0.state == .ready ? 1 : 0 })
    add(
      "switchboard_link_queued_bytes", .gauge, "Bytes that wait to be sent to another node.",
      samples { UInt64(clamping: $0.bytesQueued) })
    add(
      "switchboard_link_round_trip_microseconds", .gauge,
      "Smoothed time from a ping to its answer, for connections that have one.",
      links.compactMap { link in
        link.roundTrip.map {
          (
            [("peer", link.peer.rawValue), ("direction", link.direction.rawValue)],
            UInt64(
              clamping: $0.components.seconds * 1_000_000 + $0.components.attoseconds / 1_000_000_000_000)
          )
        }
      })
  }

  private mutating func addGateway(_ gateway: GatewayStatistics.Snapshot) {
    add(
      "switchboard_http_requests_total", .counter, "API requests answered, by method and status.",
      gateway.requests.sorted { $0.key < $1.key }.map {
        ([("method", $0.key.method), ("status", "\($0.key.status)")], UInt64(clamping: $0.value))
      })
    add(
      "switchboard_http_requests_under_way", .gauge, "API requests being answered.",
      value: UInt64(clamping: gateway.underWay))
    add(
      "switchboard_event_streams", .gauge, "Event streams that are open.",
      value: UInt64(clamping: gateway.eventStreams))
    add(
      "switchboard_event_streams_opened_total", .counter, "Event streams opened.",
      value: UInt64(clamping: gateway.eventStreamsOpened))
  }
}
