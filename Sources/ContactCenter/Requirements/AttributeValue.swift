// What is known of an agent, a customer or the situation: named values. Pure.

/// The value of an attribute.
public enum AttributeValue: Hashable, Sendable {
  case text(String)
  /// Always finite.
  case number(Double)
  case flag(Bool)
  /// Several texts, such as the languages that a customer speaks.
  case texts([String])

  /// A number that is not finite is 0.
  public init(_ number: Double) {
    // Also makes -0 the same as 0, which have one hash but two bit patterns.
    self = .number(number.isFinite ? number + 0 : 0)
  }
}

/// Named values. A name that is not there is *unknown*: see `Requirement` for what that means.
public typealias Attributes = [String: AttributeValue]

extension AttributeValue: Codable {
  /// As the plain value: text, number, flag or list of texts.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self.init(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      self = .texts(try container.decode([String].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .texts(let texts): try container.encode(texts)
    }
  }
}

extension AttributeValue: CustomStringConvertible {
  /// As an expression has it: `"es"`, `5`, `true`, `["es", "en"]`.
  public var description: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    case .flag(let flag): "\(flag)"
    case .texts(let texts): "[" + texts.map(Self.quoted).joined(separator: ", ") + "]"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\""
      + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
  }
}
