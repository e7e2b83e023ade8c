// Finds free ports of the loopback interface. Touches the operating system's network tables only.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

enum LocalPorts {
  /// So many different free ports of 127.0.0.1. They are free when this returns; another process may take one afterwards, and the
  /// node that was to have it says so.
  static func free(_ count: Int) -> [Int]? {
    var sockets: [Int32] = []
    defer { sockets.forEach { _ = close($0) } }
    var ports: [Int] = []
    for _ in 0..<count {
      #if canImport(Darwin)
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
      #else
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      #endif
      guard descriptor >= 0 else { return nil }
      sockets.append(descriptor)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafeMutableBytes(of: &address) { bytes in
        guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
        return bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
      }
      guard bound else { return nil }
      ports.append(Int(UInt16(bigEndian: address.sin_port)))
    }
    return ports
  }
}
