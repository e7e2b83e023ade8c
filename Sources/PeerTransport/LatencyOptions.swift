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
  func setLatencyOptions(unacknowledged: Duration) throws {
    guard let options = syncOptions else { return }
    try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    try options.setOption(.socketOption(.so_keepalive), value: 1)
    #if os(Linux)
      let seconds = max(1, unacknowledged.components.seconds)
      let probe = SocketOptionValue(max(1, seconds / 3))
      try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: probe)
      try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: probe)
      try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
      try options.setOption(
        .tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: SocketOptionValue(seconds * 1000))
    #endif
    try options.setOption(
      .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20))
  }
}
