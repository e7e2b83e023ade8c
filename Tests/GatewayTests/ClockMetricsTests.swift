// The figures of clocks and crashes.
import ActorCluster
import Gateway
import PeerTransport
import Testing

@Suite struct ClockMetricsTests {
  @Test func offsetsAreSecondsWithTheirSign() {
    var text = PrometheusText()
    let offsets: [NodeID: Int64] = [
      NodeID(rawValue: "west"): -3_600_004, NodeID(rawValue: "north"): 0, NodeID(rawValue: "south"): 1_250,
    ]
    text.addClocks(ClockStatus(offsets: offsets, isOff: true))
    let lines = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      lines == [
        #"switchboard_clock_offset_seconds{node="north"} 0.000"#,
        #"switchboard_clock_offset_seconds{node="south"} 1.250"#,
        #"switchboard_clock_offset_seconds{node="west"} -3600.004"#, "switchboard_clock_off 1",
      ])
  }

  @Test func onlyWhatIsRefusedIsPoisoned() {
    var text = PrometheusText()
    text.addCrashes([
      CrashReport(work: "a", actor: "b/c", method: "d", crashes: [:], isRefused: true),
      CrashReport(work: "a", actor: "b/c", method: "d", crashes: [:], isRefused: false),
    ])
    #expect(text.text.hasSuffix("switchboard_poisoned 1\n"))
  }
}
