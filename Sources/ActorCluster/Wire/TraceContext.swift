// Which trace a call belongs to: a value.

/// The parts of W3C Trace Context's `traceparent` that travel with a call.
public struct TraceContext: Hashable, Sendable, CustomStringConvertible {
  /// Set for the calls of a task with `TraceContext.$current.withValue(…)`; the methods of node-bound actors run with that of
  /// their call.
  @TaskLocal public static var current: TraceContext?

  public var traceHigh: UInt64
  public var traceLow: UInt64
  public var span: UInt64
  public var flags: UInt8

  public init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
    self.traceHigh = traceHigh
    self.traceLow = traceLow
    self.span = span
    self.flags = flags
  }

  /// From a `traceparent` header of version 00; nil for anything else, and for the ids of zeros that the standard forbids.
  public init?(traceparent: String) {
    let fields = traceparent.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0] == "00", fields[1].utf8.count == 32, fields[2].utf8.count == 16,
      fields[3].utf8.count == 2,
      fields.allSatisfy({ $0.utf8.allSatisfy { hexadecimalValue($0) != nil } }),
      let high = UInt64(fields[1].prefix(16), radix: 16), let low = UInt64(fields[1].suffix(16), radix: 16),
      let span = UInt64(fields[2], radix: 16), let flags = UInt8(fields[3], radix: 16), high | low != 0,
      span != 0
    else { return nil }
    self.init(traceHigh: high, traceLow: low, span: span, flags: flags)
  }

  /// The `traceparent` header.
  public var description: String {
    "00-\(hex(traceHigh))\(hex(traceLow))-\(hex(span))-\(hex(UInt64(flags)).suffix(2))"
  }
}
