// Epochs: files that hold nothing take on that of whoever assigns them replicas, and those of an earlier one are given up. A
// shell.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NodeStore
internal import PeerTransport

extension NodeHost {
  /// Whether a replica may be taken from whoever assigns it: these files are of its epoch, or hold nothing yet.
  func mayTakeReplica(_ frame: ReplicaAssignedFrame) -> Bool {
    let own = epochs.withLockedValue(\.number)
    return own == StoreEpoch.none || own == frame.epochsOrFirst.number
  }

  /// Files that hold nothing are of the epoch of whoever assigns them a replica: made durable before its id, because the log
  /// keeps the order.
  func takeEpoch(of frame: ReplicaAssignedFrame) {
    let theirs = frame.epochsOrFirst
    let isNews = epochs.withLockedValue { own in
      guard own.number == StoreEpoch.none else { return false }
      own = theirs
      return true
    }
    guard isNews else { return }
    services.store.adopt(theirs) { result in
      switch result {
      case .success, .failure(.closed): break
      case .failure(let error): self.services.storeFailed(error)
      }
    }
    links.transport.setEpoch(
      theirs.number, notice: EpochNotice(node: services.node.rawValue, epochs: theirs).encoded())
  }

  /// A person has had that node go on without this one: what is here counts no more. It is kept aside, and what it has beyond
  /// the others is written out at the next start.
  func superseded(by node: NodeID, notice: [UInt8]) {
    let epoch = EpochNotice(decoding: notice)?.epochs.number
    let words =
      "a person has had the cluster go on without this node\(epoch.map { ", in epoch \($0)" } ?? ""), says \(node)"
    guard !isLost.withLockedValue({ $0 }) else { return }
    services.store.markSuperseded(notice: notice, words)
    lost(words)
  }
}

extension [StoreEpoch] {
  /// The latest.
  fileprivate var number: UInt64 { map(\.number).max() ?? StoreEpoch.first }
}

extension ReplicaAssignedFrame {
  fileprivate var epochsOrFirst: [StoreEpoch] { epochs ?? [StoreEpoch(number: StoreEpoch.first)] }
}
