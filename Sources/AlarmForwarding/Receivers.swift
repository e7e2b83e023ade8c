// Where alarms are sent to: values.
package import Alarms
package import PeerTransport

/// An HTTP server that takes alarms as JSON.
package struct WebhookReceiver: Equatable, Sendable {
  package var url: String
  /// The path of a file with a bearer token, read for each delivery.
  package var tokenFile: String?
  /// The path of the certificates that the server's is checked against; nil for those of the system.
  package var authorityFile: String?

  package init(url: String, tokenFile: String? = nil, authorityFile: String? = nil) {
    self.url = url
    self.tokenFile = tokenFile
    self.authorityFile = authorityFile
  }
}

package struct SyslogReceiver: Equatable, Sendable {
  package enum Transport: String, Sendable { case udp, tcp }

  package var address: HostPort
  package var transport: Transport
  package var facility: SyslogFacility

  package init(address: HostPort, transport: Transport, facility: SyslogFacility) {
    self.address = address
    self.transport = transport
    self.facility = facility
  }
}
