// Every kind of mistake is named with its place, its key, what is allowed and what to do: golden texts.
import Switchboard
import Testing

@Suite struct ConfigurationErrorTests {
  @Test func theSoundFileHasNoProblems() {
    #expect(problems() == [])
  }

  @Test func anUnknownKeyIsNamedWithItsNearestNeighbor() {
    #expect(
      problems(sound("log_level", "log_levle")) == [
        "/etc/sw/cluster.yaml:16:1: log_levle: there is no such key; allowed: cluster, nodes, data_directory, tls, api, timing, "
          + "log_level, chaos, disk, clock, retention, stop, alarms, threads; did you mean \"log_level\"?"
      ])
    #expect(
      problems(sound("south: {peer", "south: {pier")) == [
        "/etc/sw/cluster.yaml:6:3: nodes.south.peer: it is missing; allowed: host:port with a port from 1 to 65535, for example "
          + "127.0.0.1:7101; add it: where the other nodes reach this one",
        "/etc/sw/cluster.yaml:6:11: nodes.south.pier: there is no such key; allowed: peer, api, site, witness; did you mean \"peer\"?",
      ])
    #expect(
      problems(soundFile + "\nzebra: 1") == [
        "/etc/sw/cluster.yaml:19:1: zebra: there is no such key; allowed: cluster, nodes, data_directory, tls, api, timing, "
          + "log_level, chaos, disk, clock, retention, stop, alarms, threads; remove it"
      ])
  }

  @Test func aWrongTypeIsNamedAtItsValue() {
    #expect(
      problems(sound("partitions: 16", "partitions: many")) == [
        "/etc/sw/cluster.yaml:3:15: cluster.partitions: \"many\" is not a whole number; allowed: a whole number from 1 to 1024"
      ])
    #expect(
      problems(sound("partitions: 16", "partitions: [16]")) == [
        "/etc/sw/cluster.yaml:3:15: cluster.partitions: this must be a single value, but is a list; allowed: a whole number from 1 "
          + "to 1024"
      ])
    #expect(
      problems(sound("  tokens: tokens.yaml", "  - tokens.yaml")) == [
        "/etc/sw/cluster.yaml:14:3: api: this must be a mapping, but is a list; allowed: the keys tokens; write the keys below it, "
          + "indented"
      ])
    #expect(
      problems("just text") == [
        "/etc/sw/cluster.yaml:1:1: this must be a mapping, but is the value \"just text\"; allowed: the keys cluster, nodes, "
          + "data_directory, tls, api, timing, log_level, chaos, disk, clock, retention, stop, alarms, threads; write the keys below it, indented"
      ])
  }

  @Test func aValueOutOfItsRangeIsNamed() {
    #expect(
      problems(sound("threads: 2", "threads: 65")) == [
        "/etc/sw/cluster.yaml:18:10: threads: 65 is out of range; allowed: a whole number from 1 to 64"
      ])
    #expect(
      problems(sound("timing: lan", "timing: lann")) == [
        "/etc/sw/cluster.yaml:15:9: timing: \"lann\" is not one of the words that it may be; allowed: lan, wan; did you mean \"lan\"?"
      ])
    #expect(
      problems(sound("name: test", "name: Test_1")) == [
        "/etc/sw/cluster.yaml:2:9: cluster.name: \"Test_1\" is no name; allowed: 1 to 63 characters of a-z, 0-9 and -, neither first "
          + "nor last a -"
      ])
  }

  @Test func aMissingKeyIsNamedWhereItShouldBe() {
    #expect(
      problems(sound("  key: pki/${node}.key\n", "")) == [
        "/etc/sw/cluster.yaml:9:1: tls.key: it is missing; allowed: a path; ${node} stands for the node's name; add it: its private "
          + "key, readable by nobody else"
      ])
    #expect(
      problems(sound("name: test", "name:")) == [
        "/etc/sw/cluster.yaml:2:3: cluster.name: it is missing; allowed: 1 to 63 characters of a-z, 0-9 and -, neither first nor last a "
          + "-; add it: the name of the cluster; it is in every certificate and data directory"
      ])
    #expect(problems("") == ["/etc/sw/cluster.yaml: it is empty; start from cluster-config/three-node.yaml"])
  }

  @Test func anAddressMustBeUsableAndUnique() {
    let rule =
      "allowed: host:port with a port from 1 to 65535, for example 127.0.0.1:7101; the same addresses stand on all nodes, "
    #expect(
      problems(sound("127.0.0.1:7102", "127.0.0.1:70000")) == [
        "/etc/sw/cluster.yaml:6:17: nodes.south.peer: 70000 is no port; \(rule)so \"any free port\" does not work here"
      ])
    #expect(
      problems(sound("127.0.0.1:7102", "127.0.0.1")) == [
        "/etc/sw/cluster.yaml:6:17: nodes.south.peer: \"127.0.0.1\" has no port; \(rule)so \"any free port\" does not work here"
      ])
    #expect(
      problems(sound("127.0.0.1:7102", "localhost:7101")) == [
        "/etc/sw/cluster.yaml:6:17: nodes.south.peer: localhost:7101 is the address of nodes.north.peer already; give each of them a "
          + "port of its own"
      ])
    #expect(
      problems(sound("127.0.0.1:7102", "0.0.0.0:7102")) == [
        "/etc/sw/cluster.yaml:6:17: nodes.south.peer: 0.0.0.0 is no address that other nodes can reach; write the host name or address "
          + "of south"
      ])
  }

  @Test func anAPIOutsideLoopbackIsRefusedWithWords() {
    for host in ["0.0.0.0", "10.1.2.3", "north.example.com", "127.0.0.1.example.com", "[::]"] {
      let found = problems(sound("127.0.0.1:8101", "\(host):8101"))
      #expect(found.count == 1)
      #expect(
        found.first?.hasPrefix(
          "/etc/sw/cluster.yaml:5:40: nodes.north.api: \(host):8101 is not a loopback address, and the API has no TLS of its own"
        )
          == true)
      #expect(
        found.first?.hasSuffix("put a proxy that terminates TLS on the same machine in front of it") == true)
    }
    for host in ["localhost", "127.0.0.53", "[::1]"] {
      #expect(problems(sound("127.0.0.1:8101", "\(host):8101")) == [])
    }
  }

  @Test func duplicateKeysAndBrokenYAMLAreNamedWithTheirPlace() {
    #expect(
      problems(sound("  south: {", "  north: {")) == [
        "/etc/sw/cluster.yaml:5:3: north: the key occurs twice in one mapping (\"north\"); remove or rename one of them"
      ])
    let broken = problems(sound("name: test", "name: \"test"))
    #expect(broken.count == 1)
    #expect(broken.first?.contains("/etc/sw/cluster.yaml:") == true)
    #expect(broken.first?.contains("this is not YAML") == true)
  }

  @Test func theNodeMustBeOneOfTheFile() {
    #expect(
      problems(node: "nroth") == [
        "--node nroth: there is no node \"nroth\" in /etc/sw/cluster.yaml; allowed: east, north, south; did you mean \"north\"?"
      ])
    #expect(
      problems(node: nil) == [
        "--node: which of the nodes this one is was not said; allowed: east, north, south; add --node east, or set SWITCHBOARD_NODE"
      ])
  }

  @Test func allProblemsAreListedAtOnceInTheOrderOfTheFile() {
    let text = sound("partitions: 16", "partitions: 0").replacing("timing: lan", with: "timing: slow")
      .replacing("data_directory: data/${node}\n", with: "")
    let found = problems(text, disk: FakeDisk(missing: ["/etc/sw/pki/ca.pem"])) { $0.sets = ["chaos=maybe"] }
    #expect(found.count == 5)
    let keys = ["data_directory", "cluster.partitions", "tls.authority", "timing", "chaos"]
    for (problem, key) in zip(found, keys) { #expect(problem.contains(": \(key): "), "\(problem)") }
  }
}
