// Which files of a peer are those that a node knows.
import ActorCluster
import NodeStore
import PeerTransport
import Testing

/// A memory with answers that an expectation can take.
private final class Node {
  var memory: PeerMemory

  init(_ peers: [RememberedPeer] = []) { memory = PeerMemory(peers) }

  var agreeing: Set<NodeID> { memory.agreeing }
  func greeted(by node: NodeID, _ files: PeerFiles?) -> PeerMemory.Verdict { memory.greeted(by: node, files) }
  func isRemembered(_ peer: RememberedPeer) { memory.isRemembered(peer) }
  func forget(_ node: NodeID) { memory.forget(node) }
  func refusal(of node: NodeID) -> PeerRefusal? { memory.refusal(of: node) }
}

struct PeerMemoryTests {
  private let south = NodeID(rawValue: "south")

  private func files(
    store: UInt64 = 10, incarnation: UInt64 = 5, life: UInt64 = 500, isAssignedOnly: Bool = false,
    found: UInt64 = 100, durable: UInt64 = 120
  ) -> PeerFiles {
    PeerFiles(
      store: store, incarnation: incarnation, life: life, isAssignedOnly: isAssignedOnly, found: found,
      durable: durable)
  }

  /// A memory that has seen `files` and made them durable.
  private func memory(of files: PeerFiles) throws -> Node {
    let memory = Node()
    guard case .remember(let peer) = memory.greeted(by: south, files) else {
      throw Unexpected()
    }
    #expect(!memory.agreeing.contains(south))
    #expect(memory.greeted(by: south, files) == .wait)
    memory.isRemembered(peer)
    #expect(memory.agreeing == [south])
    #expect(memory.greeted(by: south, files) == .agree)
    return memory
  }

  private struct Unexpected: Error {}

  @Test func anUnknownPeerAgreesOnceItIsRemembered() throws {
    _ = try memory(of: files())
  }

  @Test func aVersionThatDoesNotTellAgrees() {
    let memory = Node()
    #expect(memory.greeted(by: south, nil) == .agree)
    #expect(memory.agreeing == [south] && !memory.memory.isKnown(south))
  }

  @Test func theNextStartOfTheSameFilesAgrees() throws {
    let memory = try memory(of: files())
    guard case .remember(let peer) = memory.greeted(by: south, files(incarnation: 6, life: 600, found: 120))
    else {
      Issue.record("a later start is not agreed with")
      return
    }
    #expect(!memory.agreeing.contains(south))
    memory.isRemembered(peer)
    #expect(memory.agreeing == [south] && peer.incarnation == 6 && peer.superseded == [])
  }

  @Test(arguments: [
    (
      PeerFiles(store: 10, incarnation: 4, life: 400, isAssignedOnly: false, found: 90, durable: 90),
      "opened 4 times"
    ),
    (
      PeerFiles(store: 10, incarnation: 5, life: 501, isAssignedOnly: false, found: 90, durable: 90),
      "start 5"
    ),
    (
      PeerFiles(store: 10, incarnation: 6, life: 600, isAssignedOnly: false, found: 119, durable: 119),
      "batch 119"
    ),
    (
      PeerFiles(store: 11, incarnation: 1, life: 700, isAssignedOnly: false, found: 0, durable: 0),
      "lost or replaced"
    ),
  ])
  func oldCopiesAndLostDisksAreRefused(_ other: PeerFiles, _ words: String) throws {
    let memory = try memory(of: files())
    guard case .refuse(let refusal, isNew: true) = memory.greeted(by: south, other) else {
      Issue.record("\(other) is not refused")
      return
    }
    #expect(refusal.life == other.life && refusal.reason.contains(words))
    #expect(memory.agreeing.isEmpty && memory.refusal(of: south) == refusal)
    #expect(memory.greeted(by: south, other) == .refuse(refusal, isNew: false))
    // What was remembered stays.
    #expect(memory.greeted(by: south, files()) == .agree)
    #expect(memory.refusal(of: south) == nil)
  }

  @Test func filesThatClaimNoPastAgreeAndTheEarlierOnesNeverAgain() throws {
    let memory = try memory(of: files())
    let fresh = files(store: 20, incarnation: 1_000, life: 800, isAssignedOnly: true, found: 0, durable: 0)
    guard case .remember(let peer) = memory.greeted(by: south, fresh) else {
      Issue.record("fresh files are refused")
      return
    }
    #expect(peer.superseded == [10])
    memory.isRemembered(peer)
    #expect(memory.agreeing == [south])
    // Read back from the disk.
    let again = Node([peer])
    let old = files(store: 10, incarnation: 9, life: 900, isAssignedOnly: true, found: 500, durable: 500)
    guard case .refuse = again.greeted(by: south, old) else {
      Issue.record("files that were superseded come back")
      return
    }
  }

  @Test func aLostLinkForgetsAnAgreement() throws {
    let memory = try memory(of: files())
    memory.forget(south)
    #expect(memory.agreeing.isEmpty)
    guard case .remember(let peer) = memory.greeted(by: south, files(incarnation: 6, life: 600, found: 120))
    else {
      Issue.record("not to be remembered")
      return
    }
    memory.forget(south)
    memory.isRemembered(peer)
    #expect(memory.agreeing.isEmpty, "the write ended after the link was gone")
  }
}
