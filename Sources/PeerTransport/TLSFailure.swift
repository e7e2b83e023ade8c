// Puts TLS and socket errors in words that a person can act on. Pure: touches nothing.

internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension ConnectionFailure {
  /// Nil for an error that only repeats that the channel is closing.
  init?(channelError error: any Error) {
    switch error {
    case NIOSSLError.uncleanShutdown, is NIOSSLCloseTimedOutError: return nil
    case NIOSSLError.handshakeFailed(.sslError(let stack)) where stack == [.eofDuringHandshake]:
      self = .closedByPeer
    case NIOSSLError.handshakeFailed(let cause): self = .tls(Self.words("\(cause)"))
    case is NIOSSLError, is BoringSSLError: self = .tls(Self.words("\(error)"))
    case let error as IOError where [ECONNRESET, EPIPE].contains(error.errnoCode): self = .closedByPeer
    case let error as IOError where error.errnoCode == ETIMEDOUT:
      self = .network("the peer's machine stopped answering")
    case let error as IOError: self = .network(String(cString: strerror(error.errnoCode)))
    case let error as ChannelError
    where error == .eof || error == .alreadyClosed || error == .ioOnClosedChannel:
      return nil
    default: self = .network("\(error)")
    }
  }

  private static func words(_ cause: String) -> String {
    let known: [(String, String)] = [
      ("CERTIFICATE_VERIFY_FAILED", "the peer's certificate has expired or is not from our authority"),
      ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the peer showed no certificate"),
      ("CERTIFICATE_EXPIRED", "the peer says that our certificate has expired"),
      ("UNKNOWN_CA", "the peer says that our certificate is not from its authority"),
      ("ALERT_BAD_CERTIFICATE", "the peer does not accept our certificate"),
      ("ALERT_CERTIFICATE", "the peer does not accept our certificate"),
      ("CERTIFICATE_REQUIRED", "the peer wants a certificate from us"),
      ("UNSUPPORTED_PROTOCOL", "the peer offers no TLS 1.3"),
      ("PROTOCOL_VERSION", "the peer offers no TLS 1.3"),
      ("WRONG_VERSION_NUMBER", "what came is not TLS"),
      ("HTTP_REQUEST", "an HTTP request came instead of TLS"),
      ("INVALID_OUTER", "what came is not TLS"),
      ("UNEXPECTED_RECORD", "what came is not a TLS greeting"),
    ]
    for (mark, meaning) in known where cause.contains(mark) { return meaning }
    return cause
  }
}

/// Whether an attempt to connect failed because every address answered that nobody listens.
func isConnectionRefused(_ error: any Error) -> Bool {
  switch error {
  case let error as IOError: return error.errnoCode == ECONNREFUSED
  case let error as NIOConnectionError:
    return !error.connectionErrors.isEmpty
      && error.connectionErrors.allSatisfy { isConnectionRefused($0.error) }
  default: return false
  }
}
