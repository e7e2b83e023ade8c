// Where alarms go: checked values, and how they are read. Pure.
package import AlarmForwarding
internal import Alarms
internal import Foundation
internal import PeerTransport

/// The receivers of alarms outside the cluster.
package struct AlarmSettings: Equatable, Sendable {
  package var webhook: WebhookReceiver?
  package var syslog: SyslogReceiver?

  package init() {}
}

extension NodeSettingsReader {
  mutating func alarms(_ own: NodeAddresses?) -> AlarmSettings {
    var settings = AlarmSettings()
    settings.webhook = webhook(own)
    settings.syslog = syslog()
    return settings
  }

  private mutating func webhook(_ own: NodeAddresses?) -> WebhookReceiver? {
    let path: SettingPath = ["alarms", "webhook", "url"]
    let token = existingFile(["alarms", "webhook", "token"], own, isSecret: true)
    let authority = existingFile(["alarms", "webhook", "authority"], own, isSecret: false)
    guard let value = required(path) else {
      alone("webhook", ["token", "authority"], without: path)
      return nil
    }
    guard let parts = URLComponents(string: value.text), let host = parts.host, !host.isEmpty,
      let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme), parts.fragment == nil
    else {
      report(
        value.origin, "\(path)", wrong: "\"\(value.text)\" is no address of a webhook",
        allowed: SettingKind.url.words)
      return nil
    }
    guard parts.user == nil, parts.password == nil else {
      report(
        value.origin, "\(path)", wrong: "it holds a name or password, which logs and status pages would show",
        advice: "put a token into a file, and name that as alarms.webhook.token")
      return nil
    }
    guard scheme == "https" || HostPort(host: host.trimmingCharacters(in: ["[", "]"]), port: 1).isLoopback
    else {
      report(
        value.origin, "\(path)",
        wrong: "without TLS alarms and the token would cross the network in the clear",
        allowed: SettingKind.url.words, advice: "write https://")
      return nil
    }
    return WebhookReceiver(url: value.text, tokenFile: token, authorityFile: authority)
  }

  private mutating func syslog() -> SyslogReceiver? {
    let path: SettingPath = ["alarms", "syslog", "address"]
    let transport = choice(["alarms", "syslog", "transport"]).flatMap(SyslogReceiver.Transport.init)
    let facility = choice(["alarms", "syslog", "facility"]).flatMap(SyslogFacility.init(rawValue:))
    guard let value = required(path) else {
      alone("syslog", ["transport", "facility"], without: path)
      return nil
    }
    guard let address = HostPort(parsing: value.text), (1...65535).contains(address.port), !address.isWildcard
    else {
      report(
        value.origin, "\(path)", wrong: "\"\(value.text)\" is no address of a syslog receiver",
        allowed: "host:port, for example 127.0.0.1:514")
      return nil
    }
    if !address.isLoopback {
      notes.append(
        "alarms go to \(address) without TLS, as syslog does: let a relay on this machine (rsyslog, syslog-ng) forward them "
          + "if others can read that network")
    }
    guard let transport, let facility else { return nil }
    return SyslogReceiver(address: address, transport: transport, facility: facility)
  }

  /// Settings of a receiver that there is none of.
  private mutating func alone(_ section: String, _ keys: [String], without path: SettingPath) {
    for key in keys {
      let lone: SettingPath = ["alarms", section, key]
      guard let value = values[lone] else { continue }
      report(
        value.origin, "\(lone)", wrong: "it has no effect without \(path)",
        advice: "add \(path), or leave this out")
    }
  }
}
