// The alarms of a node's process: where they come from, and where they go. Puts parts together; touches nothing itself.
internal import ActorCluster
internal import AlarmForwarding
internal import Alarms
internal import Logging
internal import NodeStore
internal import PeerTransport
internal import ServiceLifecycle

struct NodeAlarms {
  let center: AlarmCenter
  let services: [any Service]

  init(
    settings: NodeSettings, system: ClusterSystem, incarnation: UInt64, faults: FaultSwitch?, logger: Logger
  ) {
    let center = AlarmCenter(
      node: settings.own.name.rawValue, incarnation: incarnation, clock: { system.alarmTime }, logger: logger)
    self.center = center
    var services: [any Service] = []
    let monotonic: @Sendable () -> Int64 = { system.alarmTime.monotonic }
    if let webhook = settings.alarms.webhook {
      let sender = WebhookSender(webhook, cluster: settings.cluster) { path in
        try FileView.system.read(path).mapError { UnreadableToken(path: path, reason: $0.reason) }.get()
      }
      services.append(
        AlarmForwarder(
          receiver: "webhook", center: center, clock: monotonic, logger: logger,
          send: { await sender.send($0, dropped: $1) }, stop: { await sender.stop() }))
    }
    if let syslog = settings.alarms.syslog {
      let sender = SyslogSender(syslog, cluster: settings.cluster)
      services.append(
        AlarmForwarder(
          receiver: "syslog", center: center, clock: monotonic, logger: logger,
          send: { await sender.send($0, dropped: $1) }))
    }
    services.append(
      AlarmWatch(system: system, center: center) {
        var facts = AlarmFacts()
        facts.notes = settings.notes
        facts.allowsChaos = settings.allowsChaos
        facts.faults = faults?.current.names ?? []
        facts.refusedRequests = center.refusals
        facts.forwarding = center.overview.forwarding
        return facts
      })
    self.services = services
  }
}

private struct UnreadableToken: Error, CustomStringConvertible {
  let path: String
  let reason: String
  var description: String { "\(path) cannot be read: \(reason)" }
}

private struct AlarmWatch: Service {
  let system: ClusterSystem
  let center: AlarmCenter
  let facts: @Sendable () -> AlarmFacts

  func run() async throws {
    await cancelWhenGracefulShutdown { await system.watchAlarms(center, facts: facts) }
  }
}
