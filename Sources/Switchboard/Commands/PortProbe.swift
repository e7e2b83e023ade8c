// Whether the node's addresses are free, asked before anything is started. Touches the network stack: binds and closes.
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import PeerTransport

enum PortProbe {
  struct Taken: Equatable, Sendable, CustomStringConvertible {
    var setting: String
    var address: HostPort
    var reason: String

    var description: String {
      "\(setting): cannot listen on \(address): \(reason). Stop the other process that does (ss -ltnp 'sport = :\(address.port)' "
        + "shows it), or choose another address"
    }
  }

  /// The first of the node's two addresses that cannot be listened on; nil when both can. A later bind may still fail.
  static func firstTaken(of node: NodeAddresses, group: any EventLoopGroup) async -> Taken? {
    for (key, address) in [("peer", node.peer), ("api", node.api)] {
      do {
        let channel = try await ServerBootstrap(group: group)
          .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
          .bind(host: address.host, port: address.port).get()
        try await channel.close().get()
      } catch let error as IOError {
        return Taken(
          setting: "nodes.\(node.name).\(key)", address: address,
          reason: String(cString: strerror(error.errnoCode)))
      } catch {
        return Taken(setting: "nodes.\(node.name).\(key)", address: address, reason: "\(error)")
      }
    }
    return nil
  }
}
