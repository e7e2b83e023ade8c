// Where alarms go, in the configuration: what it may be, and the words for what it may not.
import AlarmForwarding
import Alarms
import PeerTransport
import Switchboard
import Testing

@Suite struct AlarmSettingsTests {
  private func alarms(_ lines: String) throws -> AlarmSettings {
    try NodeSettingsReader.read(input(soundFile + "\nalarms:\n" + lines), files: FakeDisk().view).alarms
  }

  @Test func withoutAnyTheyGoNowhere() throws {
    let settings = try NodeSettingsReader.read(input(), files: FakeDisk().view)
    #expect(settings.alarms == AlarmSettings())
  }

  @Test func receiversAreRead() throws {
    let settings = try alarms(
      """
        webhook: {url: "https://hooks.example.com/x?y=1", token: hook.token, authority: hook-ca.pem}
        syslog: {address: "[::1]:6514", transport: tcp, facility: local3}
      """)
    #expect(
      settings.webhook
        == WebhookReceiver(
          url: "https://hooks.example.com/x?y=1", tokenFile: "/etc/sw/hook.token",
          authorityFile: "/etc/sw/hook-ca.pem"))
    #expect(
      settings.syslog
        == SyslogReceiver(address: HostPort(host: "::1", port: 6514), transport: .tcp, facility: .local3))
    let standard = try alarms("  syslog: {address: \"127.0.0.1:514\"}").syslog
    #expect(standard?.transport == .udp && standard?.facility == .daemon)
  }

  @Test func onlyLoopbackMayDoWithoutTLS() throws {
    for host in ["127.0.0.1", "localhost", "[::1]"] {
      let url = "http://\(host):9000/hook"
      #expect(try alarms("  webhook: {url: \"\(url)\"}").webhook?.url == url)
    }
    #expect(
      problems(soundFile + "\nalarms:\n  webhook: {url: \"http://hooks.example.com/\"}") == [
        "/etc/sw/cluster.yaml:20:18: alarms.webhook.url: without TLS alarms and the token would cross the network in the clear; "
          + "allowed: https://host/path; http://127.0.0.1/path on this machine; write https://"
      ])
  }

  @Test(arguments: ["hooks.example.com", "ftp://x/", "https://", "https:///x", "", "https://x/#part"])
  func whatIsNoAddressIsRefused(url: String) {
    #expect(
      problems(soundFile + "\nalarms:\n  webhook: {url: \"\(url)\"}") == [
        "/etc/sw/cluster.yaml:20:18: alarms.webhook.url: \"\(url)\" is no address of a webhook; allowed: https://host/path; "
          + "http://127.0.0.1/path on this machine"
      ])
  }

  @Test func secretsDoNotBelongIntoAddresses() {
    let found = problems(soundFile + "\nalarms:\n  webhook: {url: \"https://me:secret@hooks.example.com/\"}")
    #expect(found.count == 1)
    #expect(found.first?.contains("name or password") == true && found.first?.contains("secret") == false)
  }

  @Test func aTokenThatOthersCanReadIsRefused() {
    var disk = FakeDisk()
    disk.looks = ["/etc/sw/hook.token": .file(mode: 0o644, isMounted: false)]
    let found = problems(
      soundFile + "\nalarms:\n  webhook: {url: \"https://h/\", token: hook.token}", disk: disk)
    #expect(found.count == 1 && found.first?.contains("alarms.webhook.token") == true)
    disk = FakeDisk()
    disk.missing = ["/etc/sw/hook.token"]
    let missing = problems(
      soundFile + "\nalarms:\n  webhook: {url: \"https://h/\", token: hook.token}", disk: disk)
    #expect(missing.first?.contains("/etc/sw/hook.token does not exist") == true)
  }

  @Test func whatHasNoReceiverIsAMistake() {
    #expect(
      problems(soundFile + "\nalarms:\n  webhook: {token: hook.token}\n  syslog: {facility: user}") == [
        "/etc/sw/cluster.yaml:20:20: alarms.webhook.token: it has no effect without alarms.webhook.url; add alarms.webhook.url, or "
          + "leave this out",
        "/etc/sw/cluster.yaml:21:22: alarms.syslog.facility: it has no effect without alarms.syslog.address; add "
          + "alarms.syslog.address, or leave this out",
      ])
  }

  @Test(arguments: ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "0.0.0.0:514"])
  func syslogNeedsAnAddress(address: String) {
    #expect(
      problems(soundFile + "\nalarms:\n  syslog: {address: \"\(address)\"}") == [
        "/etc/sw/cluster.yaml:20:21: alarms.syslog.address: \"\(address)\" is no address of a syslog receiver; allowed: host:port, for "
          + "example 127.0.0.1:514"
      ])
  }

  @Test func syslogToElsewhereIsNoted() throws {
    let settings = try NodeSettingsReader.read(
      input(soundFile + "\nalarms:\n  syslog: {address: \"10.0.0.9:514\"}"), files: FakeDisk().view)
    #expect(settings.notes.count == 1)
    #expect(settings.notes.first?.contains("10.0.0.9:514 without TLS") == true)
  }
}
