// Faults of a node's disk and clock that can be set and taken back while it runs, behind `chaos: allowed`.
internal import Foundation
internal import Synchronization

/// What is wrong with a disk or a clock on purpose. Its coded form is what `PUT /v1/node/faults` takes; the names are the fault catalogue's.
public struct InjectedFaults: Codable, Equatable, Sendable {
  /// `disk.slow`
  public struct Slow: Codable, Equatable, Sendable {
    /// What every commit takes longer.
    public var milliseconds: Int

    public init(milliseconds: Int) {
      self.milliseconds = milliseconds
    }
  }

  /// `clock.offset`
  public struct ClockOffset: Codable, Equatable, Sendable {
    /// What the node's wall clock is ahead of the machine's; negative for behind.
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
      self.milliseconds = milliseconds
    }
  }

  /// A fault without a parameter.
  public struct Plain: Codable, Equatable, Sendable {
    public init() {}
  }

  public var slow: Slow?
  /// `disk.fsync-fail`: the next commit of the log fails as if its sync did. The node ends and its directory is suspect.
  public var failsSync: Plain?
  /// `disk.eio-write`: the next commit of the log fails as if a write did. The node ends and its directory is suspect.
  public var failsWrite: Plain?
  /// `disk.eio-read`: no actor can be loaded, and no snapshot read. Partitions that need one are given up and rebuilt.
  public var failsRead: Plain?
  /// `disk.full`: no commit finds room.
  public var full: Plain?
  public var clockOffset: ClockOffset?

  public enum CodingKeys: String, CodingKey, CaseIterable, Sendable {
    case slow = "disk.slow"
    case failsSync = "disk.fsync-fail"
    case failsWrite = "disk.eio-write"
    case failsRead = "disk.eio-read"
    case full = "disk.full"
    case clockOffset = "clock.offset"
  }

  public init() {}

  /// What `disk.slow` may be: longer than its longest, a commit is hardly told from one that hangs.
  public static let slowMilliseconds = 1...10_000

  /// A hundred years.
  public static let longestClockOffset: UInt64 = 3_155_760_000_000

  /// Why these faults cannot be set, in words; nil when they can.
  public var problem: String? {
    if let offset = clockOffset, offset.milliseconds.magnitude > Self.longestClockOffset {
      return "the milliseconds of clock.offset are \(offset.milliseconds); they must be at most "
        + "\(Self.longestClockOffset) either way"
    }
    guard let slow, !Self.slowMilliseconds.contains(slow.milliseconds) else { return nil }
    return "the milliseconds of disk.slow are \(slow.milliseconds); they must be from "
      + "\(Self.slowMilliseconds.lowerBound) to \(Self.slowMilliseconds.upperBound)"
  }

  /// The names of those that are set.
  public var names: [String] {
    let set: [(CodingKeys, Bool)] = [
      (.slow, slow != nil), (.failsSync, failsSync != nil), (.failsWrite, failsWrite != nil),
      (.failsRead, failsRead != nil), (.full, full != nil), (.clockOffset, clockOffset != nil),
    ]
    return set.filter(\.1).map(\.0.rawValue)
  }
}

/// Holds the faults of one node's disk and clock; there are none until somebody sets some. Safe from any thread.
public final class FaultSwitch: Sendable {
  private let faults = Mutex(InjectedFaults())

  public init() {}

  public var current: InjectedFaults { faults.withLock { $0 } }

  /// Takes the place of what was set before, from the next commit on.
  public func set(_ faults: InjectedFaults) {
    self.faults.withLock { $0 = faults }
  }

  /// The hooks that a store is opened with.
  package var storeFaults: StoreFaults {
    StoreFaults(
      beforeLogCommit: { () throws(StoreError) in try self.apply(to: "log.db", isLog: true) },
      beforeCheckpointCommit: { () throws(StoreError) in try self.apply(to: "state.db", isLog: false) },
      beforeRead: { () throws(StoreError) in try self.applyToRead() })
  }

  private func applyToRead() throws(StoreError) {
    guard current.failsRead != nil else { return }
    throw .io(file: "state.db", detail: "the fault disk.eio-read is set on this node")
  }

  /// - Parameter isLog: what cannot be tried again is asked of the log only, for the node ends at once by it.
  private func apply(to file: String, isLog: Bool) throws(StoreError) {
    let faults = current
    if let slow = faults.slow { Thread.sleep(forTimeInterval: Double(slow.milliseconds) / 1_000) }
    if faults.full != nil { throw .diskFull(file: file) }
    guard isLog else { return }
    if faults.failsSync != nil {
      throw .syncFailed(file: file, detail: "the fault disk.fsync-fail is set on this node")
    }
    if faults.failsWrite != nil {
      throw .io(file: file, detail: "the fault disk.eio-write is set on this node")
    }
  }
}
