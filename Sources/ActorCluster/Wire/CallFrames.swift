// The frames of calls: values and their bytes, written by hand because every call pays for them. Pure.
package import NIOCore
package import NodeStore
internal import PeerTransport

/// One frame of the calls between two systems. After the kind byte, all integers big-endian:
///
/// | kind | fields |
/// | --- | --- |
/// | call (16) | flags (1), call (8), method (2), time left in ms (4, 0 for none), target, [command], [trace], argument |
/// | answer (17) | status (1), call (8), payload |
/// | cancel (18) | call (8) |
/// | credit (19) | bytes of one-way calls that are done with, since the connection's beginning (8) |
/// | watch (20) | number of a node-bound actor (8) |
/// | ended (21) | number of a node-bound actor (8) |
/// | leading (22) | partition (4), term (8): the sender leads it; to systems without replicas |
///
/// The target is a number (8) of a node-bound actor, or the id of a durable one (length 2, UTF-8); the method's number, of the
/// table that the callee greets with, says its type. Command: session (16), sequence (8), first outstanding (8).
/// Trace: trace id (16), span id (8), flags (1).
package enum CallFrame: Equatable, Sendable {
  case call(Call)
  case answer(UInt64, CallAnswer)
  case cancel(UInt64)
  case credit(UInt64)
  case watch(UInt64)
  case ended(UInt64)
  case leading(PartitionID, term: UInt64)

  package struct Call: Equatable, Sendable {
    package enum Target: Equatable, Sendable {
      case nodeBound(UInt64)
      case durable(id: String, command: CommandID, firstOutstanding: UInt64)
    }

    /// Names the call on its connection; the answer carries it back. Nothing answers a one-way call.
    package var call: UInt64
    package var method: UInt16
    /// Milliseconds until nobody waits for the answer; nil for no end.
    package var timeLeft: UInt32?
    package var isOneWay: Bool
    /// Who is asked and does not lead asks the leader, once. Only to peers that say that they relay.
    package var mayRelay: Bool
    package var target: Target
    package var trace: TraceContext?
    package var argument: ByteBuffer

    package init(
      call: UInt64, method: UInt16, timeLeft: UInt32?, isOneWay: Bool, mayRelay: Bool = false, target: Target,
      trace: TraceContext?, argument: ByteBuffer
    ) {
      self.call = call
      self.method = method
      self.timeLeft = timeLeft
      self.isOneWay = isOneWay
      self.mayRelay = mayRelay
      self.target = target
      self.trace = trace
      self.argument = argument
    }
  }

  /// The frames that this file knows; others are `Frame`s.
  package static let kinds: ClosedRange<UInt8> = 16...22

  fileprivate enum Kind: UInt8 {
    case call = 16
    case answer = 17
    case cancel = 18
    case credit = 19
    case watch = 20
    case ended = 21
    case leading = 22
  }

  fileprivate enum Flag {
    static let oneWay: UInt8 = 1
    static let durable: UInt8 = 2
    static let trace: UInt8 = 4
    static let relay: UInt8 = 8
    static let known: UInt8 = 15
  }

  fileprivate enum Status: UInt8 {
    case reply = 0
    case refused = 1
    case redirected = 2
    case failed = 3
  }

  /// - Throws: `CallFrameError` for bytes that are no frame of a call.
  package init(decoding frame: ByteBuffer) throws(CallFrameError) {
    var input = frame
    guard let raw = input.readInteger(as: UInt8.self), let kind = Kind(rawValue: raw) else {
      throw CallFrameError("its kind is unknown")
    }
    switch kind {
    case .call: self = .call(try Call(&input))
    case .answer:
      guard let raw = input.readInteger(as: UInt8.self), let number = input.readInteger(as: UInt64.self),
        let status = Status(rawValue: raw)
      else { throw CallFrameError("an answer without a status or a number") }
      self = .answer(number, try Self.answer(status, &input))
    case .cancel: self = .cancel(try Self.number(&input, "cancel"))
    case .credit: self = .credit(try Self.number(&input, "credit"))
    case .watch: self = .watch(try Self.number(&input, "watch"))
    case .ended: self = .ended(try Self.number(&input, "ended"))
    case .leading:
      guard let (partition, term) = input.readMultipleIntegers(as: (UInt32, UInt64).self) else {
        throw CallFrameError("a frame 'leading' that is cut short")
      }
      self = .leading(PartitionID(rawValue: partition), term: term)
    }
  }

  /// What a frame that carries a reply says, without a copy of the reply; nil for all others. Most frames to a caller are such.
  package static func reply(in frame: ByteBuffer) -> (call: UInt64, reply: ByteBuffer)? {
    var reply = frame
    guard let (kind, status, call) = reply.readMultipleIntegers(as: (UInt8, UInt8, UInt64).self),
      kind == Kind.answer.rawValue, status == Status.reply.rawValue
    else { return nil }
    return (call, reply)
  }

  /// The call that a frame is; nil for all others. Most frames to a callee are such, and the sum of all kinds is dear to copy.
  package static func call(in frame: ByteBuffer) throws(CallFrameError) -> Call? {
    var input = frame
    guard input.readInteger(as: UInt8.self) == Kind.call.rawValue else { return nil }
    return try Call(&input)
  }

  private static func number(_ input: inout ByteBuffer, _ kind: String) throws(CallFrameError) -> UInt64 {
    guard let number = input.readInteger(as: UInt64.self) else {
      throw CallFrameError("a frame '\(kind)' without its number")
    }
    return number
  }

  private static func answer(
    _ status: Status, _ input: inout ByteBuffer
  ) throws(CallFrameError) -> CallAnswer {
    switch status {
    case .reply: return .reply(Array(input.readableBytesView))
    case .refused: return .refused(Array(input.readableBytesView))
    case .redirected:
      guard input.readableBytes > 0 else { return .redirected(to: nil) }
      guard let name = input.readUTF8ValidatedName(), let node = NodeID(validating: name) else {
        throw CallFrameError("a redirection to a node with an invalid name")
      }
      return .redirected(to: node)
    case .failed: return .failed(ClusterError(cbor: input))
    }
  }
}

/// Why bytes are no frame of a call.
package struct CallFrameError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

extension CallFrame.Call {
  fileprivate init(_ input: inout ByteBuffer) throws(CallFrameError) {
    guard
      let (flags, call, method, left) = input.readMultipleIntegers(
        as: (UInt8, UInt64, UInt16, UInt32).self)
    else { throw CallFrameError("a call that is cut short") }
    guard flags & ~CallFrame.Flag.known == 0 else { throw CallFrameError("a call with unknown flags") }
    let target: Target
    if flags & CallFrame.Flag.durable == 0 {
      guard let number = input.readInteger(as: UInt64.self) else {
        throw CallFrameError("a call without its actor")
      }
      target = .nodeBound(number)
    } else {
      guard let length = input.readInteger(as: UInt16.self),
        let id = input.readUTF8ValidatedName(length: Int(length)),
        let (high, low, sequence, first) = input.readMultipleIntegers(
          as: (UInt64, UInt64, UInt64, UInt64).self)
      else { throw CallFrameError("a call without its actor or command") }
      target = .durable(
        id: id, command: CommandID(session: SessionID(high: high, low: low), sequence: sequence),
        firstOutstanding: first)
    }
    var trace: TraceContext?
    if flags & CallFrame.Flag.trace != 0 {
      guard
        let (high, low, span, bits) = input.readMultipleIntegers(as: (UInt64, UInt64, UInt64, UInt8).self)
      else { throw CallFrameError("a call whose trace is cut short") }
      trace = TraceContext(traceHigh: high, traceLow: low, span: span, flags: bits)
    }
    self.init(
      call: call, method: method, timeLeft: left == 0 ? nil : left,
      isOneWay: flags & CallFrame.Flag.oneWay != 0, mayRelay: flags & CallFrame.Flag.relay != 0,
      target: target, trace: trace, argument: input)
  }
}

extension ByteBuffer {
  package mutating func writeCall(
    _ call: UInt64, method: UInt16, timeLeft: UInt32, isOneWay: Bool, mayRelay: Bool = false,
    target: CallFrame.Call.Target,
    trace: TraceContext?, argument: [UInt8]
  ) {
    var flags: UInt8 = isOneWay ? CallFrame.Flag.oneWay : 0
    if case .durable = target { flags |= CallFrame.Flag.durable }
    if trace != nil { flags |= CallFrame.Flag.trace }
    if mayRelay { flags |= CallFrame.Flag.relay }
    writeMultipleIntegers(CallFrame.Kind.call.rawValue, flags, call, method, timeLeft)
    switch target {
    case .nodeBound(let number): writeInteger(number)
    case .durable(let id, let command, let first):
      writeInteger(UInt16(truncatingIfNeeded: id.utf8.count))
      writeString(id)
      writeMultipleIntegers(command.session.high, command.session.low, command.sequence, first)
    }
    if let trace { writeMultipleIntegers(trace.traceHigh, trace.traceLow, trace.span, trace.flags) }
    writeBytes(argument)
  }

  package mutating func writeAnswer(_ answer: CallAnswer, to call: UInt64) {
    switch answer {
    case .reply(let bytes):
      writeMultipleIntegers(CallFrame.Kind.answer.rawValue, CallFrame.Status.reply.rawValue, call)
      writeBytes(bytes)
    case .refused(let bytes):
      writeMultipleIntegers(CallFrame.Kind.answer.rawValue, CallFrame.Status.refused.rawValue, call)
      writeBytes(bytes)
    case .redirected(let node):
      writeMultipleIntegers(CallFrame.Kind.answer.rawValue, CallFrame.Status.redirected.rawValue, call)
      if let node { writeString(node.rawValue) }
    case .failed(let error):
      writeMultipleIntegers(CallFrame.Kind.answer.rawValue, CallFrame.Status.failed.rawValue, call)
      writeBytes(error.cbor)
    }
  }

  package mutating func writeCancel(_ call: UInt64) { write(.cancel, call) }
  package mutating func writeCredit(_ bytes: UInt64) { write(.credit, bytes) }
  package mutating func writeWatch(_ actor: UInt64) { write(.watch, actor) }
  package mutating func writeEnded(_ actor: UInt64) { write(.ended, actor) }

  package mutating func writeLeading(_ partition: PartitionID, term: UInt64) {
    writeMultipleIntegers(CallFrame.Kind.leading.rawValue, partition.rawValue, term)
  }

  private mutating func write(_ kind: CallFrame.Kind, _ number: UInt64) {
    writeMultipleIntegers(kind.rawValue, number)
  }

  /// So many bytes, or all that are left, as text; nil when they are none.
  fileprivate mutating func readUTF8ValidatedName(length: Int? = nil) -> String? {
    guard let bytes = readBytes(length: length ?? readableBytes) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
