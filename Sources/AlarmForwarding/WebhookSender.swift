// Sends alarms to an HTTP server as JSON. Touches the network, and the file of the token.
package import Alarms
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// One POST for each change. The server's certificate and name are checked; a redirection is not followed, because the token
/// would go along. A delivery whose answer was lost comes again: `Idempotency-Key` names it.
package struct WebhookSender: Sendable {
  private let receiver: WebhookReceiver
  private let cluster: String
  private let client: HTTPClient
  private let token: @Sendable (String) throws -> String
  private let timeout: TimeAmount

  /// To be ended by `stop`.
  /// - Parameters:
  ///   - seconds: how long a delivery may take.
  ///   - token: reads the receiver's token file; what it throws is said in the log and in an alarm.
  package init(
    _ receiver: WebhookReceiver, cluster: String, seconds: Int64 = 10,
    token: @escaping @Sendable (_ path: String) throws -> String
  ) {
    self.receiver = receiver
    self.cluster = cluster
    self.token = token
    timeout = .seconds(seconds)
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout = .init(connect: .seconds(min(5, seconds)), read: timeout)
    if let authority = receiver.authorityFile {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(authority)
      configuration.tlsConfiguration = tls
    }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  package func stop() async { try? await client.shutdown() }

  package func send(_ change: AlarmChange, dropped: UInt64) async -> DeliveryQueue<AlarmChange>.Outcome {
    var request = HTTPClientRequest(url: receiver.url)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "User-Agent", value: "switchboard")
    request.headers.add(name: "Idempotency-Key", value: "\"\(change.alarm.id)/\(change.number)\"")
    do {
      if let path = receiver.tokenFile {
        let token = try token(path).trimmingCharacters(in: .whitespacesAndNewlines)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let report = AlarmChangeReport(change, cluster: cluster, dropped: dropped)
      request.body = .bytes(ByteBuffer(bytes: try encoder.encode(report)))
      let response = try await client.execute(request, timeout: timeout)
      return Self.outcome(of: Int(response.status.code))
    } catch {
      return .failed("\(error)")
    }
  }

  /// What a person may mend (a token, an address, the server) is tried again; what the server will never take is not.
  package static func outcome(of status: Int) -> DeliveryQueue<AlarmChange>.Outcome {
    switch status {
    case 200..<300: .delivered
    case 400, 405..<408, 409..<425, 426..<429, 430..<500: .rejected("it answers with status \(status)")
    default: .failed("it answers with status \(status)")
    }
  }
}
