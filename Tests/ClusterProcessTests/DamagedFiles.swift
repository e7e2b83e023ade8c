// Damages the files of a node that is not running, as bad disks and bad hands do.
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport

/// The data directory of a killed node.
struct DamagedFiles {
  struct NotThere: Error, CustomStringConvertible {
    var description: String
  }

  let directory: URL
  let identity: StoreIdentity

  init(of node: NodeID, in cluster: ProcessCluster) {
    directory = cluster.data(of: node)
    identity = StoreIdentity(cluster: cluster.local.name, node: node.rawValue)
  }

  /// Moves the WALs into the files, so that what is there is read from them alone.
  func settle() throws {
    try NodeStore.open(directory: directory.path, identity: identity, readModels: []).close()
  }

  func size(_ name: String) throws -> Int { try contents(name).count }

  func contents(_ name: String) throws -> Data { try Data(contentsOf: file(name)) }

  func flipBit(_ name: String, at offset: Int) throws {
    var bytes = try contents(name)
    bytes[offset] ^= 0x10
    try bytes.write(to: file(name))
  }

  func overwrite(_ name: String, _ range: Range<Int>, with byte: UInt8) throws {
    var bytes = try contents(name)
    for offset in range { bytes[offset] = byte }
    try bytes.write(to: file(name))
  }

  func truncate(_ name: String, to size: Int) throws {
    try contents(name).prefix(size).write(to: file(name))
  }

  /// Where these bytes are; in order.
  func find(_ text: String, in name: String) throws -> [Int] {
    let bytes = try contents(name)
    var found: [Int] = []
    var start = bytes.startIndex
    while let range = bytes.range(of: Data(text.utf8), in: start..<bytes.endIndex) {
      found.append(range.lowerBound)
      start = range.upperBound
    }
    guard !found.isEmpty else { throw NotThere(description: "\(name) does not hold \"\(text)\"") }
    return found
  }

  /// The frames of a WAL's newest generation; SQLite leaves those of older ones behind them.
  func frames(_ name: String) throws -> [Range<Int>] {
    let bytes = [UInt8](try contents(name))
    guard bytes.count > 32 else { throw NotThere(description: "\(name) is empty") }
    let pageSize = bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
    let length = pageSize + 24
    let starts = stride(from: 32, through: bytes.count - length, by: length)
    let found = starts.prefix { bytes[($0 + 8)..<($0 + 16)] == bytes[16..<24] }.map { $0..<($0 + length) }
    guard !found.isEmpty else { throw NotThere(description: "\(name) has no frame") }
    return Array(found)
  }

  private func file(_ name: String) -> URL { directory.appendingPathComponent(name) }
}
