// The settings that there are: their names, what they may hold, and what they mean. A table; pure.
internal import Alarms

/// What a setting may hold.
package enum SettingKind: Equatable, Sendable {
  /// A name of a cluster: one DNS label in lower case.
  case name
  case integer(ClosedRange<Int>)
  /// Bytes: a whole number with MB or GB.
  case size(ClosedRange<UInt64>)
  case choice([String])
  /// `host:port`.
  case address
  /// The address of an HTTPS server; on loopback without TLS, too.
  case url
  /// A path, in which `${node}` stands for the node's name.
  case path
}

package struct Setting: Equatable, Sendable {
  /// `*` stands for the name of a node.
  package var path: SettingPath
  package var kind: SettingKind
  /// The value when nothing sets it; nil when it is required, or when leaving it out has a meaning of its own.
  package var standard: String?
  package var isRequired: Bool
  package var meaning: String
}

/// The one list of settings. What the file may contain, which variables exist and what the help says all come from it.
package enum ConfigurationSchema {
  package static let settings: [Setting] = [
    required("cluster.name", .name, "the name of the cluster; it is in every certificate and data directory"),
    optional(
      "cluster.partitions", .integer(1...1024), "16",
      "how many partitions the actors are spread over; chosen once, never changed"),
    optional(
      "cluster.join", .choice(["no", "yes"]), "no",
      "yes for a node that joins a running cluster, which ctl add has let in; its nodes are then only where to begin to ask"
    ),
    optional(
      "cluster.voters", .integer(1...7), nil,
      "how many nodes vote in each partition; used when the cluster is founded; all nodes, or one less of an even number, when left out"
    ),
    optional(
      "cluster.copies", .choice(["everywhere", "voters"]), "everywhere",
      "whether all nodes keep a copy of each partition, for their lists and event streams, or only its voters; used when the cluster is founded"
    ),
    optional(
      "cluster.upgrade", .choice(["manual", "automatic"]), "manual",
      "whether the feature level rises by ctl upgrade --finish, or as soon as all nodes know a higher one"),
    required("nodes.*.peer", .address, "where the other nodes reach this one"),
    required("nodes.*.api", .address, "where the HTTP API listens; loopback only, it has no TLS of its own"),
    optional(
      "nodes.*.site", .name, nil,
      "where the node stands: voters of a partition are on different sites where they can be; used when the cluster is founded"
    ),
    optional(
      "nodes.*.witness", .choice(["false", "true"]), "false",
      "whether the node only votes and keeps the log: it runs no actors and serves no clients"),
    required("data_directory", .path, "where the node keeps its log and state"),
    required("tls.certificate", .path, "the node's certificate, from switchboard pki issue"),
    required("tls.key", .path, "its private key, readable by nobody else"),
    required("tls.authority", .path, "the cluster's authority, from switchboard pki init"),
    optional(
      "tls.revocation_list", .path, nil,
      "the authority's list of revoked certificates, crl.pem from switchboard pki; none are refused when left out"
    ),
    required("api.tokens", .path, "the list of API callers, from switchboard pki token"),
    optional("timing", .choice(["lan", "wan"]), "lan", "timeouts for nodes on one site, or far apart"),
    optional(
      "log_level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
      "the least severe messages that are logged"),
    optional("chaos", .choice(["forbidden", "allowed"]), "forbidden", "whether faults may be injected"),
    optional(
      "disk.low", .size(Self.sizes), nil,
      "free bytes below which the disk is short of room: an alarm; a tenth of the disk, at most 2 GB, when left out"
    ),
    optional(
      "disk.reserve", .size(Self.sizes), "256 MB",
      "free bytes below which the node gives its leaderships away and takes no new commands"),
    optional(
      "disk.slow_factor", .integer(2...1000), "8",
      "how many times slower than the others' a disk is that must not lead"),
    optional(
      "disk.slow_milliseconds", .integer(1...10_000), "20", "a disk is never too slow whose commits take less"
    ),
    optional(
      "clock.limit_milliseconds", .integer(50...60_000), "1000",
      "how far a node's clock may be from the others' before it leads nothing"),
    optional(
      "retention.interaction_days", .integer(1...36_500), "400",
      "days that an interaction is kept after it was closed; the same on every node"),
    optional(
      "retention.state_size", .size(Self.sizes), nil,
      "size of the state file above which closed interactions go before their time, the oldest first, but none within an hour"
    ),
    optional(
      "stop.grace_seconds", .integer(0...600), "5",
      "seconds that a node may take, when it is asked to end, to hand its leaderships over; 0 for none"),
    optional("alarms.webhook.url", .url, nil, "where each change of an alarm is sent to as JSON, by POST"),
    optional(
      "alarms.webhook.token", .path, nil,
      "a file with the bearer token for the webhook, readable by nobody else; it is read for each delivery"),
    optional(
      "alarms.webhook.authority", .path, nil,
      "certificates of the authorities that the webhook's is of; those of the system when left out"),
    optional(
      "alarms.syslog.address", .address, nil, "where each change of an alarm is sent to as syslog (RFC 5424)"),
    optional(
      "alarms.syslog.transport", .choice(["udp", "tcp"]), "udp", "how; tcp counts octets (RFC 6587)"),
    optional(
      "alarms.syslog.facility", .choice(SyslogFacility.allCases.map(\.rawValue)), "daemon",
      "the facility of these messages"),
    optional("threads", .integer(1...64), nil, "event loop threads; one per core when left out"),
  ]

  /// From a megabyte to a petabyte.
  private static let sizes: ClosedRange<UInt64> = 1 << 20...1 << 50

  /// The keys that may stand in the mapping at `path`; nil when any name may (the nodes).
  static func keys(at path: SettingPath) -> [String]? {
    var keys: [String] = []
    for setting in settings where isPrefix(path, of: setting.path) {
      let key = setting.path.keys[path.keys.count]
      if key == "*" { return nil }
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  static func setting(at path: SettingPath) -> Setting? {
    settings.first { $0.path.keys.count == path.keys.count && matches(path, $0.path) }
  }

  static func isSection(_ path: SettingPath) -> Bool { settings.contains { isPrefix(path, of: $0.path) } }

  /// All settings of a cluster of these nodes, without `*`.
  static func paths(nodes: [String]) -> [SettingPath] {
    settings.flatMap { setting -> [SettingPath] in
      guard let star = setting.path.keys.firstIndex(of: "*") else { return [setting.path] }
      return nodes.map { node in
        var path = setting.path
        path.keys[star] = node
        return path
      }
    }
  }

  private static func isPrefix(_ path: SettingPath, of longer: SettingPath) -> Bool {
    path.keys.count < longer.keys.count && matches(path, longer)
  }

  private static func matches(_ path: SettingPath, _ pattern: SettingPath) -> Bool {
    zip(path.keys, pattern.keys).allSatisfy { $0 == $1 || $1 == "*" }
  }

  private static func required(_ path: String, _ kind: SettingKind, _ meaning: String) -> Setting {
    Setting(path: SettingPath(dotted: path), kind: kind, standard: nil, isRequired: true, meaning: meaning)
  }

  private static func optional(
    _ path: String, _ kind: SettingKind, _ standard: String?, _ meaning: String
  ) -> Setting {
    Setting(
      path: SettingPath(dotted: path), kind: kind, standard: standard, isRequired: false, meaning: meaning)
  }
}
