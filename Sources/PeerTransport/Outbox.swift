// The frames queued on one connection. Any thread puts them in, the connection's event loop takes them out.
// Touches nothing else.

package import NIOCore
internal import Synchronization

/// One lock, held while a frame is written into memory and no longer. What is queued is bounded for each lane.
package final class Outbox: Sendable {
  private struct State {
    var lanes = Lane.allCases.map { OutboxLane($0) }
    var scheduler = LaneScheduler()
    var waiting: LaneSet = []
    /// An empty buffer that was in use before, for the next chunk.
    var spare = ByteBuffer()
    var bytesSent: UInt64 = 0
    var framesSent: UInt64 = 0
    /// The event loop has been woken, or will come by itself.
    var isAwake = false
    var isClosed = false
  }

  /// What was queued and sent at one moment.
  package struct Figures {
    package var queued = LaneBytes()
    package var bytesSent: UInt64 = 0
    package var framesSent: UInt64 = 0
  }

  /// The longest frame of each lane.
  package let frameLimits: LaneBytes
  private let limits: LaneBytes
  private let wake: @Sendable () -> Void
  private let state = Mutex(State())

  /// - Parameter wake: called, on the thread of the sender, when the event loop has to come and take.
  package init(limits: LaneBytes, frameLimits: LaneBytes, wake: @escaping @Sendable () -> Void) {
    self.limits = limits
    self.frameLimits = frameLimits
    self.wake = wake
  }

  package var isClosed: Bool { state.withLock { $0.isClosed } }

  package var figures: Figures {
    state.withLock { state in
      var figures = Figures(bytesSent: state.bytesSent, framesSent: state.framesSent)
      for lane in state.lanes { figures.queued[lane.lane] = lane.bytes }
      return figures
    }
  }

  package func bytesQueued(_ lane: Lane) -> Int { state.withLock { $0.lanes[lane.index].bytes } }

  package func put(_ frame: ByteBuffer, _ lane: Lane) -> SendOutcome {
    let size = frame.readableBytes
    guard size <= frameLimits[lane] else { return .frameTooLarge }
    let limit = limits[lane]
    return enter(lane) { queue in
      guard queue.bytes + PieceHeader.wireBytes(ofFrame: size) <= limit else { return .overloaded }
      queue.put(frame)
      return .queued
    }
  }

  package func put(_ lane: Lane, writing: (inout ByteBuffer) -> Void) -> SendOutcome {
    let frameLimit = frameLimits[lane]
    let limit = limits[lane]
    return enter(lane) { queue in
      guard queue.bytes < limit else { return .overloaded }
      return queue.put(limit: frameLimit, room: limit, writing: writing)
    }
  }

  /// Whether there was room.
  package func put(_ message: LinkMessage) -> Bool {
    let limit = limits.control
    return enter(.control) { queue in
      guard queue.bytes + PieceHeader.bytes + LinkMessage.bytes <= limit else { return .overloaded }
      queue.put(message)
      return .queued
    } == .queued
  }

  @inline(__always)
  private func enter(_ lane: Lane, _ body: (inout OutboxLane) -> SendOutcome) -> SendOutcome {
    let (outcome, mustWake) = state.withLock { state -> (SendOutcome, Bool) in
      guard !state.isClosed else { return (.notConnected, false) }
      let outcome = body(&state.lanes[lane.index])
      guard outcome == .queued else { return (outcome, false) }
      state.waiting.insert(LaneSet(lane))
      defer { state.isAwake = true }
      return (.queued, !state.isAwake)
    }
    if mustWake { wake() }
    return outcome
  }

  /// Adds the next pieces to `batch`, in the order in which they are to be written, until it has at least `size` bytes or
  /// none are left: then the next `put` wakes the loop again.
  /// - Parameter spare: an empty buffer for use again; taken away.
  /// - Returns: how many bytes were added; fewer than `size` when none are left.
  package func take(_ size: Int, into batch: inout [ByteBuffer], spare: inout ByteBuffer) -> Int {
    state.withLock { state in
      if spare.capacity > state.spare.capacity { swap(&spare, &state.spare) }
      spare = ByteBuffer()
      var total = 0
      while total < size {
        guard let lane = state.scheduler.next(waiting: state.waiting) else {
          state.isAwake = false
          break
        }
        let taken = state.lanes[lane.index].take(into: &batch, spare: &state.spare)
        if state.lanes[lane.index].isEmpty { state.waiting.remove(LaneSet(lane)) }
        state.scheduler.took(taken.bytes, from: lane)
        state.framesSent += UInt64(taken.frames)
        total += taken.bytes
      }
      state.bytesSent += UInt64(total)
      return total
    }
  }

  /// Drops what is queued; every later `put` answers `notConnected`.
  package func close() {
    state.withLock { state in
      state.isClosed = true
      state.lanes = Lane.allCases.map { OutboxLane($0) }
      state.waiting = []
      state.spare = ByteBuffer()
    }
  }
}
