// Raw TCP ping-pong between two processes: the floor under the benchmark of calls. Blocking sockets, no encryption.
internal import Foundation

/// One TCP connection, blocking, without Nagle's delay.
struct RawSocket {
  let descriptor: Int32

  /// Accepts one connection on loopback; `ready` is told the port first.
  static func accept(ready: (Int) throws -> Void) throws -> RawSocket {
    let listener = try make()
    defer { close(listener.descriptor) }
    var address = loopback(port: 0)
    try withSocketAddress(&address) {
      guard bind(listener.descriptor, $0, $1) == 0, listen(listener.descriptor, 1) == 0 else {
        throw failure("a port of 127.0.0.1 cannot be opened")
      }
    }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(listener.descriptor, $0, &length)
      }
    }
    try ready(Int(UInt16(bigEndian: address.sin_port)))
    let accepted = Foundation.accept(listener.descriptor, nil, nil)
    guard accepted >= 0 else { throw failure("the connection cannot be accepted") }
    return try RawSocket(descriptor: accepted).withoutDelay()
  }

  static func connect(port: Int) throws -> RawSocket {
    let socket = try make()
    var address = loopback(port: port)
    try withSocketAddress(&address) {
      guard Foundation.connect(socket.descriptor, $0, $1) == 0 else {
        throw failure("127.0.0.1:\(port) cannot be reached")
      }
    }
    return try socket.withoutDelay()
  }

  /// At least one byte; 0 when the other side has closed.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw Self.failure("the connection cannot be read") }
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        guard errno == EINTR else { throw Self.failure("the connection cannot be written") }
      } else {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  func end() { close(descriptor) }

  // MARK: sockets

  private static func make() throws -> RawSocket {
    #if canImport(Darwin)
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    guard descriptor >= 0 else { throw failure("no socket can be made") }
    return RawSocket(descriptor: descriptor)
  }

  private func withoutDelay() throws -> RawSocket {
    var one: Int32 = 1
    guard
      setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size)) == 0
    else { throw Self.failure("TCP_NODELAY cannot be set") }
    return self
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func withSocketAddress(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
  ) throws {
    try withUnsafePointer(to: &address) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func failure(_ what: String) -> BenchFailure {
    BenchFailure("\(what): \(String(cString: strerror(errno)))")
  }
}

/// The ping-pong: the other process sends back every byte that it reads.
enum TCPFloor {
  /// Sends back what comes until the other side closes.
  static func echo(_ socket: RawSocket) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try socket.read(into: buffer)
      if count == 0 { return }
      try socket.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Keeps `window` messages under way; as many as come back go out again, in one write.
  static func pingPong(
    _ socket: RawSocket, bytes: Int, window: Int, seconds: Double
  ) throws -> CallsFigures {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1 << 20, bytes * window), alignment: 16)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0x5A)
    var samples: [Double] = []
    var sent = ContinuousClock.now
    let start = sent
    try socket.write(UnsafeRawBufferPointer(rebasing: buffer[..<(bytes * window)]))
    var (partial, underWay, count) = (0, window, 0)
    while underWay > 0 {
      partial += try socket.read(into: buffer)
      let whole = partial / bytes
      guard whole > 0 else { continue }
      partial %= bytes
      count += whole
      if window == 1 {
        let now = ContinuousClock.now
        samples.append(sent.seconds(until: now))
        sent = now
      }
      guard start.seconds < seconds else {
        underWay -= whole
        continue
      }
      try socket.write(UnsafeRawBufferPointer(rebasing: buffer[..<(bytes * whole)]))
    }
    return CallsFigures(
      callsPerSecond: Double(count) / start.seconds, roundTrips: Percentiles(samples))
  }
}
