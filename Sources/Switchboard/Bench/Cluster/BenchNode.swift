// What runs in a node process of a cluster benchmark.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import NIOPosix
internal import NodeStore

struct BenchNode {
  let cluster: BenchCluster
  let name: String
  /// Resident memory that the process is filled up to, in bytes; 0: as it is.
  let memory: Int

  /// Runs until the benchmark's process is gone, or a signal.
  func run() async throws {
    let store = try NodeStore.start(
      directory: cluster.data(of: name),
      identity: StoreIdentity(
        cluster: BenchCluster.name, node: name, topology: cluster.topology.fingerprint),
      readModels: [], isAlone: false,
      report: { FileHandle.standardError.write(Data("\($0)\n".utf8)) })
    // One event loop for each process: four share the machine, as in the demo.
    let system = try cluster.system(
      of: name, store: store, group: MultiThreadedEventLoopGroup(numberOfThreads: 1),
      onStoreFailure: { error in
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        _exit(ExitStatus.diskFailure.rawValue)
      })
    let ballast = try Ballast(filling: memory)
    try await system.start()
    let watch = BenchWatch(actorSystem: system)
    try JSONEncoder().encode(watch.id).write(
      to: URL(fileURLWithPath: cluster.watch(of: name)), options: .atomic)
    while getppid() != 1 { try await Task.sleep(for: .seconds(1)) }
    system.resignID(watch.id)
    ballast?.release()
    await system.stop()
    store.close()
  }
}

/// Touched pages: a process with much memory takes long to die, and its sockets close only then.
private struct Ballast {
  private let pages: UnsafeMutableRawBufferPointer

  /// - Parameter memory: resident memory of the whole process, bytes.
  init?(filling memory: Int) throws {
    let missing = memory - (try ProcessUsage.memory())
    guard missing > 0 else { return nil }
    pages = UnsafeMutableRawBufferPointer.allocate(byteCount: missing, alignment: 4096)
    for offset in stride(from: 0, to: missing, by: 4096) {
      pages.storeBytes(
        of: UInt64(offset) &* 0x9E37_79B9_7F4A_7C15 | 1, toByteOffset: offset & ~7, as: UInt64.self)
    }
  }

  func release() { pages.deallocate() }
}
