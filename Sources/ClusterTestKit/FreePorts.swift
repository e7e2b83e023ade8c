// Ports that nothing listens on.
import NIOCore
import NIOPosix

/// Finds ports on loopback by binding them all at once and letting go again.
public enum FreePorts {
  public static func find(_ count: Int) throws -> [Int] {
    let group = MultiThreadedEventLoopGroup.singleton
    let channels = try (0..<count).map { _ in
      try ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).wait()
    }
    defer { for channel in channels { try? channel.close().wait() } }
    return channels.compactMap { $0.localAddress?.port }
  }
}
