// The socket options of every connection. Touches the channel it is given.

internal import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Channel {
  /// No delay for small frames, and an end to connections whose other end is silently gone. Call it on the
  /// event loop.
  func setLatencyOptions(_ timing: TransportTiming) throws {
    guard let options = syncOptions else { return }
    try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    try options.setOption(.socketOption(.so_keepalive), value: 1)
    #if os(Linux)
      let seconds = max(1, timing.unacknowledgedTimeout.components.seconds)
      let probe = SocketOptionValue(max(1, seconds / 3))
      try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: probe)
      try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: probe)
      try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
      try options.setOption(
        .tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: SocketOptionValue(seconds * 1000))
    #endif
    // What the kernel holds cannot be overtaken: it must not become a queue in which a heartbeat waits, neither here
    // before it is sent nor at its receiver, whose buffer would grow to many megabytes.
    if let bytes = timing.receiveBufferBytes {
      try options.setOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(bytes))
    }
    #if os(Linux) || canImport(Darwin)
      try options.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: 128 << 10)
    #endif
    try options.setOption(
      .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 64 << 10))
  }
}
