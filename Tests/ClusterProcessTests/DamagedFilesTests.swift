// A node of a loaded cluster is killed and its files are damaged: nothing is lost, the others serve, and the node comes back whole.
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Testing

@Suite(.serialized) struct DamagedFilesTests {
  private let victim = NodeID(rawValue: "north")
  private let other = NodeID(rawValue: "south")

  enum Damage: String, CaseIterable, CustomTestStringConvertible {
    // `disk.torn-write`
    case cutLastFrame = "the last frame of log.db-wal is cut"
    case zeroedTail = "the end of log.db-wal is zero"
    // `disk.bitflip`
    case flippedInWAL = "a bit in the middle of log.db-wal"
    case flippedInBatch = "a bit of a batch in log.db"
    case flippedInRow = "a bit of a row's value in state.db"
    case flippedInKey = "a bit of a row's key in state.db"
    case flippedInPage = "the header of a page of rows in state.db"
    case logHeader = "a bit of the SQLite header of log.db"
    case stateHeader = "a bit of the SQLite header of state.db"
    // `disk.truncate`
    case halfLog = "the second half of log.db"
    case halfState = "the second half of state.db"

    var testDescription: String { rawValue }

    /// What the node says of it.
    var words: String {
      switch self {
      case .cutLastFrame, .zeroedTail: "it is cut there"
      case .flippedInWAL, .logHeader: "the files of this node cannot be trusted"
      case .flippedInBatch: "its log is damaged"
      case .flippedInRow: "has a wrong checksum"
      case .flippedInKey: "beside actor counter/"
      case .flippedInPage: "state.db is damaged"
      case .halfState, .stateHeader: "set aside: what the log still holds is rebuilt from it"
      case .halfLog: "is damaged"
      }
    }

    func make(in files: DamagedFiles) throws {
      switch self {
      case .cutLastFrame:
        let last = try files.frames("log.db-wal").last ?? 0..<0
        try files.truncate("log.db-wal", to: last.lowerBound + last.count / 2)
      case .zeroedTail:
        let last = try files.frames("log.db-wal").last ?? 0..<0
        let size = try files.size("log.db-wal")
        try files.overwrite("log.db-wal", (last.lowerBound + last.count / 2)..<size, with: 0)
      case .flippedInWAL:
        let frames = try files.frames("log.db-wal")
        try files.flipBit("log.db-wal", at: frames[frames.count / 2].lowerBound + 500)
      case .flippedInBatch:
        try files.settle()
        let places = try files.find("counter-1", in: "log.db")
        try files.flipBit("log.db", at: places[places.count / 2])
      case .flippedInRow:
        try files.settle()
        for place in try files.find("counter-7", in: "state.db") {
          try files.flipBit("state.db", at: place + "counter-7".utf8.count + 4)
        }
      case .flippedInKey:
        try files.settle()
        for place in try files.find("counter-7", in: "state.db") { try files.flipBit("state.db", at: place) }
      case .flippedInPage:
        try files.settle()
        for place in try files.find("counter-7", in: "state.db") {
          let page = place / 4_096 * 4_096
          try files.overwrite("state.db", page..<(page + 8), with: 0xA5)
        }
      case .logHeader:
        try files.settle()
        try files.flipBit("log.db", at: 3)
      case .stateHeader:
        try files.settle()
        try files.flipBit("state.db", at: 3)
      case .halfLog:
        try files.settle()
        try files.truncate("log.db", to: files.size("log.db") / 2)
      case .halfState:
        try files.settle()
        try files.truncate("state.db", to: files.size("state.db") / 2)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)), arguments: Damage.allCases)
  func aDamagedNodeComesBackWhole(damage: Damage) async throws {
    try await ProcessCluster.run { cluster, callers in
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try await callers.waitForMore(1_000)
      cluster.kill(victim)
      try await callers.goOn()
      try damage.make(in: DamagedFiles(of: victim, in: cluster))
      try await startUntilItRuns(cluster)
      try await callers.goOn()
      try await cluster.waitUntil("\(victim) says \"\(damage.words)\"", within: .seconds(30)) {
        $0.logs(of: victim).contains(damage.words)
      }
      try await cluster.waitUntil("\(victim) is whole", within: .seconds(60)) { $0.isWhole(victim) }
      try await callers.goOn()
      // Without the node's votes, and what it has, nothing would go on now.
      cluster.kill(other)
      try await callers.goOn()
    }
  }

  /// As a supervisor does it: a node that ends with words is started again.
  private func startUntilItRuns(_ cluster: ProcessCluster) async throws {
    for _ in 1...3 {
      try cluster.start(victim)
      for _ in 0..<60 where cluster.isRunning(victim) { try await Task.sleep(for: .milliseconds(50)) }
      if cluster.isRunning(victim) { return }
    }
    Issue.record("\(victim) does not stay up: \(cluster.log(of: victim).suffix(2_000))")
  }
}
