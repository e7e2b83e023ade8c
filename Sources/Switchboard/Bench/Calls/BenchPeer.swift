// The benchmark's other process: started, heard, ended. And what runs in it.
internal import ActorCluster
internal import ArgumentParser
internal import Foundation
internal import NIOPosix

struct BenchPeer {
  private let process: ChildProcess
  private let log: String

  static func start(
    _ executable: String, _ arguments: [String], _ directory: String
  ) throws -> BenchPeer {
    let log = "\(directory)/\(arguments[0]).log"
    BenchCore.unpin()
    return BenchPeer(
      process: try ChildProcess(
        executable: executable, arguments: ["bench", "peer"] + arguments, log: log), log: log)
  }

  /// The port in its first line.
  func said() async throws -> Int {
    for _ in 0..<200 {
      let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) }
      if let line = text?.split(separator: "\n").first(where: { $0.hasPrefix("port ") }),
        let port = Int(line.dropFirst(5))
      {
        return port
      }
      guard !process.hasEnded else { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    let words = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) }
    throw BenchFailure("the other process does not answer: \(words ?? "it said nothing")")
  }

  func end() {
    process.signal(SIGKILL)
    while !process.hasEnded { usleep(1_000) }
  }
}

/// What the benchmark starts as its other process.
struct BenchPeerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer", abstract: "The other process of a benchmark.", shouldDisplay: false)

  enum Kind: String, ExpressibleByArgument { case floor, calls, node, relay }

  @Argument var kind: Kind
  @Argument var directory: String
  /// Of a cluster benchmark.
  @Option var node = ""
  /// Bytes of resident memory that the node fills up to.
  @Option var memory = 0

  mutating func run() async throws {
    switch kind {
    case .floor:
      let socket = try RawSocket.accept(ready: Self.say)
      try BenchCore.callee.pinned { try TCPFloor.echo(socket) }
    case .calls:
      let place = try CallsBenchPlace(readingFrom: directory)
      let heartbeats = HeartbeatLog()
      let system = try place.system(
        CallsBenchPlace.peer,
        group: BenchCore.callee.pinned { MultiThreadedEventLoopGroup(numberOfThreads: 1) }, log: heartbeats)
      try await system.start()
      let echo = BenchEcho(actorSystem: system, heartbeatLog: heartbeats)
      try JSONEncoder().encode(echo.id).write(to: URL(fileURLWithPath: directory + "/actor.json"))
      Self.say(port: place.port)
      while getppid() != 1 { try await Task.sleep(for: .seconds(1)) }
      system.resignID(echo.id)
      await system.stop()
    case .node:
      try await BenchNode(cluster: BenchCluster(readingFrom: directory), name: node, memory: memory).run()
    case .relay:
      try await DelayRelay(readingFrom: directory).run { Self.say(port: $0) }
    }
  }

  private static func say(port: Int) {
    // Not by print: what goes into a file stays in its buffer.
    FileHandle.standardOutput.write(Data("port \(port)\n".utf8))
  }
}
