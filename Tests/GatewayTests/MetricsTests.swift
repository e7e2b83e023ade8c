// The text format of metrics, and what is counted.
import Gateway
import PeerTransport
import Testing

@Suite struct MetricsTests {
  @Test func textHasItsForm() {
    var text = PrometheusText()
    text.add("a_total", .counter, "One\nline \\ of help.", value: 3)
    text.add(
      "b", .gauge, "B.",
      [
        (labels: [("peer", "so\"uth\\\n"), ("way", "x")], value: 1),
        (labels: [], value: 18_446_744_073_709_551_615),
      ])
    #expect(
      text.text == #"""
        # HELP a_total One\nline \\ of help.
        # TYPE a_total counter
        a_total 3
        # HELP b B.
        # TYPE b gauge
        b{peer="so\"uth\\\n",way="x"} 1
        b 18446744073709551615

        """#)
  }

  @Test func requestsUnderWayAreLimited() {
    let statistics = GatewayStatistics()
    #expect(statistics.begin(limit: 2))
    #expect(statistics.begin(limit: 2))
    #expect(!statistics.begin(limit: 2))
    statistics.end()
    #expect(statistics.begin(limit: 2))
    #expect(statistics.snapshot.underWay == 2)
  }

  @Test func streamsFreeTheirPlaceWhenTheyAreForgotten() {
    let statistics = GatewayStatistics()
    var lease = statistics.openEventStream(limit: 1)
    #expect(lease != nil)
    #expect(statistics.openEventStream(limit: 1) == nil)
    lease = nil
    #expect(statistics.snapshot.eventStreams == 0)
    #expect(statistics.openEventStream(limit: 1) != nil)
    #expect(statistics.snapshot.eventStreamsOpened == 2)
    _ = lease
  }

  /// Callers choose methods; they must not choose how much memory the counts take.
  @Test func unknownMethodsAreOne() {
    let statistics = GatewayStatistics()
    for number in 0..<100 { statistics.answered(method: "M\(number)", status: 404) }
    #expect(statistics.snapshot.requests == [GatewayStatistics.Answered(method: "other", status: 404): 100])
  }

  @Test func certificatesAreCountedDownToNothing() {
    let status = CertificateStatus(
      holder: NodeID(rawValue: "north"), serial: "0a",
      dates: [
        .init(file: .own, path: "a", expires: 5_000), .init(file: .authority, path: "b", expires: 3_000),
        .init(file: .revocationList, path: "c", expires: 4_001),
      ], listNumber: 3, revokedCount: 2,
      failure: .keyMismatch(certificatePath: "a", keyPath: "k"))
    var text = PrometheusText()
    text.addCertificates(status, now: 4_000)
    let samples = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      samples == [
        #"switchboard_certificate_expiry_seconds{file="own"} 1000"#,
        #"switchboard_certificate_expiry_seconds{file="authority"} 0"#,
        #"switchboard_certificate_expiry_seconds{file="revocation_list"} 1"#,
        "switchboard_certificate_reload_failed 1", "switchboard_certificates_revoked 2",
      ])
    let shown = CertificatesJSON(status, now: 4_000)
    #expect(
      shown.files.map(\.days) == [0, -1, 0]
        && shown.files.map(\.level) == ["critical", "expired", "critical"])
    #expect(shown.problem?.contains("is not the private key of") == true && shown.revocationList == 3)
  }
}
