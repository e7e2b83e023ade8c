// Sends alarms to a syslog receiver over UDP (RFC 5426) or TCP (RFC 6587). Touches the network.
package import Alarms
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import PeerTransport

/// One socket for each message: alarms are rare, and a connection that stood for days may be dead without anybody knowing.
/// Syslog has no acknowledgment: a message counts as delivered when the system took it, over TCP by a connection that stood.
package struct SyslogSender: Sendable {
  private let receiver: SyslogReceiver
  private let cluster: String
  private let group = MultiThreadedEventLoopGroup.singleton

  private static var timeout: TimeAmount { .seconds(5) }

  package init(_ receiver: SyslogReceiver, cluster: String) {
    self.receiver = receiver
    self.cluster = cluster
  }

  package func send(_ change: AlarmChange, dropped: UInt64) async -> DeliveryQueue<AlarmChange>.Outcome {
    let message = SyslogMessage.bytes(
      change, cluster: cluster, facility: receiver.facility,
      process: ProcessInfo.processInfo.processIdentifier, dropped: dropped)
    do {
      switch receiver.transport {
      case .udp: try await sendDatagram(message)
      case .tcp: try await sendOverConnection(SyslogMessage.framed(message))
      }
      return .delivered
    } catch {
      return .failed("\(receiver.address) over \(receiver.transport.rawValue): \(error)")
    }
  }

  private func sendDatagram(_ message: [UInt8]) async throws {
    let address = receiver.address
    // Looking a name up blocks its thread.
    let remote = try await NIOThreadPool.singleton.runIfActive {
      try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
    }
    let any = remote.protocol == .inet6 ? "::" : "0.0.0.0"
    let channel = try await DatagramBootstrap(group: group).bind(host: any, port: 0).get()
    let envelope = AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: message))
    let result = await channel.writeAndFlush(envelope).asResult()
    try? await channel.close()
    try result.get()
  }

  private func sendOverConnection(_ message: [UInt8]) async throws {
    let channel = try await ClientBootstrap(group: group).connectTimeout(Self.timeout)
      .connect(host: receiver.address.host, port: receiver.address.port).get()
    // A receiver that takes nothing must not hold up the queue for good.
    let limit = channel.eventLoop.scheduleTask(in: Self.timeout) { channel.close(promise: nil) }
    let result = await channel.writeAndFlush(ByteBuffer(bytes: message)).asResult()
    limit.cancel()
    try? await channel.close()
    try result.get()
  }
}

extension EventLoopFuture where Value == Void {
  /// How it ended, so that something can be closed in either case.
  fileprivate func asResult() async -> Result<Void, any Error> {
    do {
      return .success(try await get())
    } catch {
      return .failure(error)
    }
  }
}
