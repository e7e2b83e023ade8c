// The topologies in cluster-config/ are sound, for each of their nodes.
import ActorCluster
import Foundation
import PeerTransport
import Switchboard
import Testing

@Suite struct ShippedFilesTests {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "cluster-config").path

  @Test(
    arguments: [
      ("single", ["solo"]), ("three-node", ["north", "south", "west"]), ("pair", ["cloud", "onprem"]),
      ("pair-with-witness", ["cloud", "onprem", "witness"]),
      ("five-node", ["center", "east", "north", "south", "west"]),
    ])
  func aShippedTopologyStartsAsItIs(name: String, nodes: [String]) throws {
    let path = "\(Self.directory)/\(name).yaml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let root = URL(filePath: Self.directory).deletingLastPathComponent().path
    let pki = "\(root)/data/\(name)/pki/"
    // Exactly the files that the commands at the top of the topology make.
    let files = FileView(
      look: { path in
        let names = ["ca.pem", "crl.pem", "tokens.yaml"] + nodes.flatMap { ["\($0).pem", "\($0).key"] }
        return names.contains { path == pki + $0 } ? .file(mode: 0o600, isMounted: false) : .missing
      },
      read: { _ in .success(soundTokens) })
    for node in nodes {
      let settings = try NodeSettingsReader.read(
        ConfigurationInput(
          file: path, text: text, node: SettingValue(node, .flag("--node \(node)")), workingDirectory: "/"),
        files: files)
      #expect(settings.cluster == name)
      #expect(settings.nodes.map(\.name.rawValue) == nodes)
      #expect(settings.own.name.rawValue == node)
      #expect(settings.dataDirectory == "\(root)/data/\(name)/\(node)")
      #expect(settings.partitions == 16)
      #expect(settings.tls.revocationListPath == (name == "single" ? nil : pki + "crl.pem"))
      #expect(!settings.allowsChaos)
      // A pair is told what it does not have.
      #expect(settings.notes.isEmpty == (name != "pair"), "\(settings.notes)")
      #expect(settings.topology.witnesses.map(\.rawValue) == (nodes.contains("witness") ? ["witness"] : []))
    }
    // The commands at the top are for this cluster and all of its nodes.
    #expect(text.contains("pki init --cluster \(name) --directory data/\(name)/pki"))
    let issued = text.split(separator: "\n").filter { $0.hasPrefix("#") }.joined()
    for node in nodes { #expect(issued.contains(node)) }
  }

  /// It asks what nodes answer, where a shipped topology listens, and is well-formed.
  @Test func theVirtualAddressFollowsReadiness() throws {
    let text = try String(contentsOfFile: "\(Self.directory)/clients/keepalived.conf", encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    let script = lines.first { $0.contains("script \"") }
    let topology = try String(contentsOfFile: "\(Self.directory)/three-node.yaml", encoding: .utf8)
    #expect(script?.contains("http://127.0.0.1:8101/readyz\"") == true)
    #expect(topology.contains(#"north: {peer: "127.0.0.1:7101", api: "127.0.0.1:8101"}"#))
    #expect(lines.count { $0.hasSuffix("{") } == lines.count { $0.hasSuffix("}") })
    #expect(lines.contains { $0.contains("nopreempt") })
  }
}
