// What the environment and the flags do to a configuration, and what comes out in the end.
import Gateway
import Logging
import PeerTransport
import Switchboard
import Testing

@Suite struct ConfigurationOverrideTests {
  private func settings(
    _ text: String = soundFile, node: String? = "north", change: (inout ConfigurationInput) -> Void = { _ in }
  ) throws -> NodeSettings {
    var input = input(text, node: node)
    change(&input)
    return try NodeSettingsReader.read(input, files: FakeDisk().view)
  }

  @Test func theFileBecomesSettings() throws {
    let settings = try settings()
    #expect(settings.cluster == "test")
    #expect(settings.partitions == 16)
    #expect(settings.nodes.map(\.name.rawValue) == ["east", "north", "south"])
    #expect(settings.own.peer == HostPort(host: "127.0.0.1", port: 7101))
    #expect(settings.own.apiURL == "http://127.0.0.1:8101")
    #expect(settings.dataDirectory == "/etc/sw/data/north")
    #expect(
      settings.tls
        == TransportTLS(
          certificatePath: "/etc/sw/pki/north.pem", keyPath: "/etc/sw/pki/north.key",
          authorityPath: "/etc/sw/pki/ca.pem"))
    #expect(settings.tokens.map(\.name) == ["demo", "wall-board"])
    #expect(settings.timing == .lan)
    #expect(settings.logLevel == .info)
    #expect(!settings.allowsChaos)
    #expect(settings.threads == 2)
    #expect(settings.notes == [])
  }

  @Test func whatIsLeftOutHasItsStandardValue() throws {
    let text = sound("  partitions: 16\n", "").replacing("timing: lan\n", with: "").replacing(
      "threads: 2", with: ""
    )
    .replacing("chaos: forbidden\n", with: "").replacing("log_level: info\n", with: "")
    let settings = try settings(text)
    #expect(settings.partitions == 16)
    #expect(settings.timing == .lan)
    #expect(settings.logLevel == .info)
    #expect(!settings.allowsChaos)
    #expect(settings.threads == nil)
  }

  @Test func variablesOverrideTheFileAndFlagsOverrideVariables() throws {
    let settings = try settings {
      $0.environment = [
        "SWITCHBOARD_LOG_LEVEL": "debug", "SWITCHBOARD_TIMING": "wan", "SWITCHBOARD_CLUSTER_NAME": "other",
        "SWITCHBOARD_NODES_NORTH_PEER": "10.0.0.1:7101", "SWITCHBOARD_DATA_DIRECTORY": "from-variable",
        "HOME": "/root",
      ]
      $0.sets = ["log_level=error", "nodes.south.api=127.0.0.1:9000", "threads=3", "threads=4"]
      $0.data = "from-flag/${node}"
    }
    #expect(settings.cluster == "other")
    #expect(settings.timing == .wan)
    #expect(settings.logLevel == .error)
    #expect(settings.threads == 4)
    #expect(settings.own.peer == HostPort(host: "10.0.0.1", port: 7101))
    #expect(settings.nodes.last?.api == HostPort(host: "127.0.0.1", port: 9000))
    // Flags and variables are written in a shell: relative to where it is.
    #expect(settings.dataDirectory == "/home/op/from-flag/north")
    #expect(
      try self.settings { $0.environment = ["SWITCHBOARD_DATA_DIRECTORY": "../x"] }.dataDirectory == "/home/x"
    )
  }

  @Test func everyScalarKeyHasItsOwnVariable() throws {
    // A value that no kind of setting takes: each variable must be the one that is blamed.
    let names = [
      "CLUSTER_NAME", "CLUSTER_PARTITIONS", "NODES_NORTH_PEER", "NODES_NORTH_API", "NODES_EAST_PEER",
      "TIMING", "LOG_LEVEL",
      "CHAOS", "THREADS", "DATA_DIRECTORY", "TLS_CERTIFICATE", "TLS_KEY", "TLS_AUTHORITY", "API_TOKENS",
    ]
    for name in names {
      let found = problems { $0.environment = ["SWITCHBOARD_\(name)": "${?}"] }
      #expect(found.count == 1, "\(name): \(found)")
      #expect(found.first?.hasPrefix("environment variable SWITCHBOARD_\(name): ") == true)
    }
  }

  @Test func errorsNameTheVariableOrTheFlag() {
    #expect(
      problems { $0.environment = ["SWITCHBOARD_CLUSTER_PARTITIONS": "x"] } == [
        "environment variable SWITCHBOARD_CLUSTER_PARTITIONS: cluster.partitions: \"x\" is not a whole number; allowed: a whole number "
          + "from 1 to 1024"
      ])
    #expect(
      problems { $0.sets = ["threads=x", "nonsense", "nodes.west.api=1", "timming=lan"] } == [
        "--set nonsense: this is not key=value; write for example --set log_level=debug",
        "--set nodes.west.api=1: nodes.west.api: there is no such setting; allowed: \(settingNames); did you mean \"nodes.east.api\"?",
        "--set timming=lan: timming: there is no such setting; allowed: \(settingNames); did you mean \"timing\"?",
        "--set threads=x: threads: \"x\" is not a whole number; allowed: a whole number from 1 to 64",
      ])
  }

  private var settingNames: String {
    ([
      "cluster.name", "cluster.partitions", "cluster.join", "cluster.voters", "cluster.copies",
      "cluster.upgrade",
    ]
      + ["peer", "api", "site", "witness"].flatMap { key in
        ["east", "north", "south"].map { "nodes.\($0).\(key)" }
      } + [
        "data_directory", "tls.certificate", "tls.key", "tls.authority", "tls.revocation_list", "api.tokens",
        "timing", "log_level",
        "chaos", "disk.low", "disk.reserve", "disk.slow_factor", "disk.slow_milliseconds",
        "clock.limit_milliseconds",
        "retention.interaction_days", "retention.state_size", "stop.grace_seconds",
        "alarms.webhook.url", "alarms.webhook.token", "alarms.webhook.authority",
        "alarms.syslog.address", "alarms.syslog.transport", "alarms.syslog.facility", "threads",
      ]).joined(separator: ", ")
  }

  @Test func unknownVariablesAreNotedAndNotRefused() throws {
    let settings = try settings {
      $0.environment = [
        "SWITCHBOARD_LOGLEVEL": "debug", "SWITCHBOARD_NODE": "north", "SWITCHBOARD_TOKEN": "t",
      ]
    }
    #expect(
      settings.notes == [
        "environment variable SWITCHBOARD_LOGLEVEL is no setting and was ignored; did you mean \"SWITCHBOARD_LOG_LEVEL\"?"
      ])
    #expect(settings.logLevel == .info)
  }

  @Test func theOnlyNodeNeedNotBeNamed() throws {
    let text = sound("  south: {peer: \"127.0.0.1:7102\", api: \"127.0.0.1:8102\"}\n", "")
      .replacing("  east: {peer: \"127.0.0.1:7103\", api: \"127.0.0.1:8103\"}\n", with: "")
    #expect(try settings(text, node: nil).own.name == NodeID(rawValue: "north"))
  }

  @Test func anEvenNumberOfNodesIsNoted() throws {
    let more = "  west: {peer: \"127.0.0.1:7104\", api: \"127.0.0.1:8104\"}\n"
    let text = sound("  east: {", more + "  east: {")
    #expect(
      try settings(text).notes == ["4 nodes survive no more failures than 3: use an odd number of nodes"])
  }
}
