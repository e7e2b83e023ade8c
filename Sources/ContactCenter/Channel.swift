// The channels of a contact center: a pure value.

/// How a customer reaches the center. The raw values are on the wire, on disk and in the API: never change one.
public enum Channel: String, Codable, CodingKeyRepresentable, CaseIterable, Comparable, Sendable {
  case voice
  case email
  case chat
  case sms
  case social
  case wechat
  case callback
  case task

  public static func < (lhs: Channel, rhs: Channel) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension [Channel: Int] {
  /// `chat=4 voice=1`: by channel name, for people and for reports.
  package var channelText: String {
    sorted { $0.key < $1.key }.map { "\($0.key.rawValue)=\($0.value)" }.joined(separator: " ")
  }
}
