// Sends to one connected peer without looking it up each time. Any thread; touches the connection's queue.

public import NIOCore

/// The way to one peer while one connection to it lasts; get it from ``PeerTransport/sender(to:)`` and keep it until
/// ``isClosed``. Sends of one thread, through it or through the transport, keep their order within a lane.
public final class PeerSender: Sendable {
  public let peer: PeerIdentity
  let outbox: Outbox

  init(peer: PeerIdentity, outbox: Outbox) {
    self.peer = peer
    self.outbox = outbox
  }

  /// True from the end of the connection on; each send answers ``SendOutcome/notConnected`` then.
  public var isClosed: Bool { outbox.isClosed }

  /// Bytes queued in one lane and not yet written to the socket.
  public func bytesQueued(_ lane: Lane) -> Int { outbox.bytesQueued(lane) }

  /// Queues a frame, like ``PeerTransport/send(_:to:lane:)-(_,PeerIdentity,_)``.
  public func send(_ frame: ByteBuffer, lane: Lane = .calls) -> SendOutcome { outbox.put(frame, lane) }

  /// Queues the frame that `writing` appends to the buffer, straight where it goes out from.
  ///
  /// The closure is called at most once, at once, under the lock of the queue: it must only write to memory and not call
  /// the transport, whose next send would wait for the lock for good. It must only append: earlier frames stand before.
  /// It is not called when there is no connection or no room. Of what it wrote nothing goes out when that is longer than
  /// a frame may be (`frameTooLarge`) or than there is room for (`overloaded`).
  public func send(lane: Lane = .calls, writing: (inout ByteBuffer) -> Void) -> SendOutcome {
    outbox.put(lane, writing: writing)
  }
}
