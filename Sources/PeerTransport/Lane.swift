// The lanes of a link: what may wait for what. Pure: touches nothing.

/// Frames of one lane arrive in the order of their `send`; between lanes there is no order. Of what waits to be sent,
/// `control` goes first; the others share a link that is full in the proportion 8:4:1, a piece at a time, so that none
/// waits for a long frame of another.
public enum Lane: UInt8, CaseIterable, Hashable, Sendable {
  /// Heartbeats and credit: small frames (at most ``TransportLimits/maximumControlFrameBytes``).
  case control = 0
  case consensus = 1
  /// Calls and their answers.
  case calls = 2
  /// Snapshots and other big transfers.
  case bulk = 3

  package var index: Int { Int(rawValue) }
}

/// A number of bytes for each lane.
public struct LaneBytes: Hashable, Sendable {
  public var control: Int
  public var consensus: Int
  public var calls: Int
  public var bulk: Int

  public init(control: Int = 0, consensus: Int = 0, calls: Int = 0, bulk: Int = 0) {
    self.control = control
    self.consensus = consensus
    self.calls = calls
    self.bulk = bulk
  }

  public subscript(lane: Lane) -> Int {
    get {
      switch lane {
      case .control: control
      case .consensus: consensus
      case .calls: calls
      case .bulk: bulk
      }
    }
    set {
      switch lane {
      case .control: control = newValue
      case .consensus: consensus = newValue
      case .calls: calls = newValue
      case .bulk: bulk = newValue
      }
    }
  }

  public var total: Int { control + consensus + calls + bulk }
}

/// A set of lanes in one byte.
package struct LaneSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package init(_ lane: Lane) { rawValue = 1 << lane.rawValue }

  package func contains(_ lane: Lane) -> Bool { rawValue & (1 << lane.rawValue) != 0 }
}
