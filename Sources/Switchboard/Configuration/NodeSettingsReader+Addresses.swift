// The nodes and their addresses: each for itself, and all of them together. Pure.
internal import ActorCluster
internal import PeerTransport

extension NodeSettingsReader {
  /// All nodes with two usable addresses, in the order of their names.
  mutating func addresses() -> [NodeAddresses] {
    let names = document.nodes
    let joins = values[["cluster", "join"]]?.text == "yes"
    if names.isEmpty, !document.unreadable.contains(["nodes"]) {
      report(
        document.place(of: ["nodes"]), "nodes", wrong: "there is no node", allowed: "at least one",
        advice: "add for example north: {peer: 127.0.0.1:7101, api: 127.0.0.1:8101}")
    }
    if names.count > 7 {
      report(
        document.place(of: ["nodes"]), "nodes", wrong: "there are \(names.count) nodes", allowed: "1 to 7",
        advice: "every node keeps every partition: more make it slower, not safer")
    } else if joins {
      // Who belongs to the cluster is not said here.
    } else if names.count == 2 {
      notes.append(
        "two nodes without a witness: when one is away, nothing is acknowledged until it returns or a person runs switchboard "
          + "ctl run-alone; a third node with witness: true makes that automatic")
    } else if names.count > 1, names.count % 2 == 0 {
      notes.append(
        "\(names.count) nodes survive no more failures than \(names.count - 1): use an odd number of nodes")
    }
    let witnesses = names.filter { choice(["nodes", $0, "witness"]) == "true" }
    if !joins, let problem = ClusterTopology.problem(nodes: names.count, witnesses: witnesses.count),
      let first = witnesses.first
    {
      report(
        values[["nodes", first, "witness"]]?.origin ?? document.place(of: ["nodes", first]),
        "nodes.\(first).witness", wrong: problem,
        allowed: "one witness of three or four nodes, two of five or six, three of seven",
        advice: "add nodes that hold the state, or leave witness out")
    }
    var taken: [String: SettingPath] = [:]
    return names.compactMap { name in
      let place = document.place(of: ["nodes", name])
      guard let id = NodeID(validating: name) else {
        report(
          place, "nodes.\(name)", wrong: "\"\(name)\" is no name for a node", allowed: SettingKind.name.words,
          advice: "rename it")
        return nil
      }
      let peer = address(["nodes", name, "peer"], &taken)
      let api = address(["nodes", name, "api"], &taken)
      if let peer, peer.isWildcard {
        reportAt(
          ["nodes", name, "peer"], wrong: "\(peer.host) is no address that other nodes can reach",
          advice: "write the host name or address of \(name)")
      }
      if let api, !api.isLoopback {
        reportAt(
          ["nodes", name, "api"],
          wrong:
            "\(api) is not a loopback address, and the API has no TLS of its own: tokens and customers' data "
            + "would cross the network in the clear",
          allowed: "127.0.0.1:port, [::1]:port or localhost:port",
          advice:
            "listen on 127.0.0.1, and put a proxy that terminates TLS on the same machine in front of it")
      }
      guard let peer, let api else { return nil }
      return NodeAddresses(
        name: id, peer: peer, api: api, site: site(name), isWitness: witnesses.contains(name))
    }
  }

  private mutating func site(_ node: String) -> String? {
    values[["nodes", node, "site"]] == nil ? nil : name(["nodes", node, "site"])
  }

  /// What the cluster agrees upon when it is founded.
  mutating func founding(_ nodes: [NodeAddresses]) -> FoundingSettings {
    var settings = FoundingSettings()
    if values[["cluster", "voters"]] != nil { settings.voters = integer(["cluster", "voters"]) }
    settings.copies =
      choice(["cluster", "copies"]).flatMap(ClusterState.Copies.init(rawValue:)) ?? .everywhere
    for node in nodes {
      settings.apis[node.name] = node.api.description
      settings.sites[node.name] = node.site
    }
    return settings
  }

  private mutating func address(_ path: SettingPath, _ taken: inout [String: SettingPath]) -> HostPort? {
    guard let value = required(path) else { return nil }
    guard let address = HostPort(parsing: value.text), address.port > 0 else {
      report(
        value.origin, "\(path)", wrong: Self.wrong(with: value.text), allowed: SettingKind.address.words,
        advice: "the same addresses stand on all nodes, so \"any free port\" does not work here")
      return nil
    }
    let normal = address.normalText
    if let other = taken[normal] {
      report(
        value.origin, "\(path)", wrong: "\(address) is the address of \(other) already",
        advice: "give each of them a port of its own")
    } else {
      taken[normal] = path
    }
    return address
  }

  private static func wrong(with text: String) -> String {
    guard let colon = text.lastIndex(of: ":") else { return "\"\(text)\" has no port" }
    if let port = Int(text[text.index(after: colon)...]), !(1...65535).contains(port) {
      return "\(port) is no port"
    }
    return "\"\(text)\" is not host:port"
  }

  private mutating func reportAt(
    _ path: SettingPath, wrong: String, allowed: String? = nil, advice: String
  ) {
    guard let value = values[path] else { return }
    report(value.origin, "\(path)", wrong: wrong, allowed: allowed, advice: advice)
  }
}

extension HostPort {
  /// Whether only this machine can reach it.
  var isLoopback: Bool {
    if ["localhost", "::1"].contains(host.lowercased()) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  var isWildcard: Bool { ["0.0.0.0", "::", "*"].contains(host) }

  /// The same text for addresses that cannot both be listened on.
  var normalText: String { "\(host.lowercased() == "localhost" ? "127.0.0.1" : host.lowercased()):\(port)" }
}
