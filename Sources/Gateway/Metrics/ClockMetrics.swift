// Which figures of clocks and crashes are metrics: pure. Names are what dashboards rely on: never change one.
package import ActorCluster
internal import PeerTransport

extension PrometheusText {
  package mutating func addClocks(_ clocks: ClockStatus) {
    addSigned(
      "switchboard_clock_offset_seconds", .gauge,
      "The wall clock of each node that this one hears, less the median of a majority. Alarm beyond half a second: beyond a second "
        + "(clock.limit_milliseconds) a node leads nothing.",
      clocks.offsets.sorted { $0.key < $1.key }.map {
        (labels: [("node", $0.key.rawValue)], milliseconds: $0.value)
      })
    add(
      "switchboard_clock_off", .gauge,
      "1 while this node leads nothing because of its clock. Alarm when it is 1.",
      value: clocks.isOff ? 1 : 0)
  }

  package mutating func addCrashes(_ reports: [CrashReport]) {
    add(
      "switchboard_poisoned", .gauge,
      "Commands, messages, timers and entries that are refused here because nodes died of them. Alarm when it grows.",
      value: UInt64(reports.count { $0.isRefused }))
  }
}
