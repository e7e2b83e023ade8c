// What a node of a later epoch tells those of earlier ones: a value and its bytes. Pure.
internal import CBOR
package import NIOCore
package import NodeStore
internal import PeerTransport

/// Which epochs there have been, and what the node had that went on alone at the beginning of each.
package struct EpochNotice: Codable, Equatable, Sendable {
  /// The node that says it.
  package var node: String
  /// Ascending.
  package var epochs: [StoreEpoch]

  package init(node: String, epochs: [StoreEpoch]) {
    self.node = node
    self.epochs = epochs
  }

  enum CodingKeys: Int, CodingKey {
    case node = 0
    case epochs = 1
  }

  /// A node says of its files at a greeting which epoch they are of, and what those of earlier ones have to know.
  static func tell(of store: NodeStore, in configuration: inout TransportConfiguration) {
    configuration.identity.epoch = store.epoch
    configuration.epochNotice =
      EpochNotice(node: configuration.identity.node.rawValue, epochs: store.epochs).encoded()
  }

  /// What fits into a refusal.
  private static let maximumBytes = 60 << 10

  /// The bytes; of what would be too long the oldest is left out, and of the newest at last its forks.
  package func encoded() -> ByteBuffer {
    var notice = self
    while true {
      guard let bytes = try? CBOREncoder().encode(notice) else { return ByteBuffer() }
      guard bytes.count > Self.maximumBytes else { return ByteBuffer(bytes: bytes) }
      if notice.epochs.count > 1 {
        notice.epochs.removeFirst()
      } else {
        notice.epochs = notice.epochs.map { StoreEpoch(number: $0.number) }
      }
    }
  }

  /// Nil of bytes that are no notice.
  package init?(decoding bytes: [UInt8]) {
    guard let notice = try? CBORDecoder().decode(EpochNotice.self, from: bytes) else { return nil }
    self = notice
  }

  /// What the first node had of a partition that went on after these files' epoch; nil if that is not known.
  package func fork(of partition: PartitionID, after epoch: UInt64) -> LogFork? {
    let first = epochs.filter { $0.number > epoch }.min { $0.number < $1.number }
    return first?.forks.first { $0.partition == partition }
  }
}
