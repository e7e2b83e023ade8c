// Reads one number, string or simple value at an index of the input. Touches nothing else.

/// Why an item is not the scalar that was asked for. Containers add the path (`publicError`).
enum ScalarProblem: Error {
  case malformed(CBORError)
  case isNil
  case isOther(MajorType)
  case unsupportedSimpleValue(UInt8)
  case integerOverflow
  case inexact
}

extension CBORInput {
  private func scalarHead(at index: Int) throws(ScalarProblem) -> ItemHead {
    do { return try head(at: index) } catch { throw .malformed(error) }
  }

  /// The problem with an item that has the wrong type.
  private func mismatch(_ head: ItemHead) -> ScalarProblem {
    guard head.major == .simple, head.information <= 24 else { return .isOther(head.major) }
    switch head.argument {
    case 20, 21: return .isOther(.simple)
    case 22, 23: return .isNil
    default: return .unsupportedSimpleValue(UInt8(truncatingIfNeeded: head.argument))
    }
  }

  /// Whether the item is `null` or `undefined`.
  func isNil(at index: Int) -> Bool {
    guard index < bytes.endIndex else { return false }
    return bytes[index] == 0xf6 || bytes[index] == 0xf7
  }

  func bool(at index: Int) throws(ScalarProblem) -> Bool {
    let head = try scalarHead(at: index)
    guard head.major == .simple, head.information == 20 || head.information == 21 else {
      throw mismatch(head)
    }
    return head.information == 21
  }

  @inline(__always)
  func integer<I: FixedWidthInteger>(at index: Int) throws(ScalarProblem) -> I {
    let head = try scalarHead(at: index)
    switch head.major {
    case .unsigned:
      guard let value = I(exactly: head.argument) else { throw .integerOverflow }
      return value
    case .negative:
      guard I.isSigned, let value = I(exactly: head.argument) else { throw .integerOverflow }
      return ~value
    default: throw mismatch(head)
    }
  }

  /// A number of any kind that `Double` represents exactly. Every NaN reads as the quiet NaN.
  func double(at index: Int) throws(ScalarProblem) -> Double {
    let head = try scalarHead(at: index)
    let value: Double?
    switch (head.major, head.information) {
    case (.simple, 25): value = doubleValue(ofHalf: UInt16(truncatingIfNeeded: head.argument))
    case (.simple, 26): value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
    case (.simple, 27): value = Double(bitPattern: head.argument)
    case (.unsigned, _): value = Double(exactly: head.argument)
    case (.negative, _):
      // The value is -1 - argument, which the largest argument takes out of reach of 64 bits.
      let magnitude = head.argument == .max ? 0x1p64 : Double(exactly: head.argument + 1)
      value = magnitude.map { -$0 }
    default: throw mismatch(head)
    }
    guard let value else { throw .inexact }
    return value.isNaN ? .nan : value
  }

  /// A number of any kind that `Float` represents exactly. Every NaN reads as the quiet NaN.
  func float(at index: Int) throws(ScalarProblem) -> Float {
    let value = try double(at: index)
    if value.isNaN { return .nan }
    guard let exact = Float(exactly: value) else { throw .inexact }
    return exact
  }

  func text(at index: Int) throws(ScalarProblem) -> String {
    let content = try content(of: .text, at: index)
    return String(decoding: bytes[content], as: UTF8.self)
  }

  func byteString(at index: Int) throws(ScalarProblem) -> [UInt8] {
    Array(bytes[try content(of: .bytes, at: index)])
  }

  private func content(of major: MajorType, at index: Int) throws(ScalarProblem) -> Range<Int> {
    let head = try scalarHead(at: index)
    guard head.major == major else { throw mismatch(head) }
    do { return try content(of: head, at: index) } catch { throw .malformed(error) }
  }
}

extension ScalarProblem {
  /// The error that a caller of the decoder sees.
  func publicError(_ type: Any.Type, path: [any CodingKey]) -> any Error {
    switch self {
    case .malformed(let error):
      error
    case .isNil:
      DecodingError.valueNotFound(
        type, .init(codingPath: path, debugDescription: "expected \(type), found null"))
    case .isOther(let major):
      DecodingError.typeMismatch(
        type, .init(codingPath: path, debugDescription: "expected \(type), found \(major.name)"))
    case .unsupportedSimpleValue(let value):
      CBORError.unsupportedSimpleValue(value, path: dotted(path))
    case .integerOverflow:
      CBORError.integerOverflow(type: "\(type)", path: dotted(path))
    case .inexact:
      CBORError.inexactNumber(type: "\(type)", path: dotted(path))
    }
  }
}

extension MajorType {
  /// What the type is called in errors.
  var name: String {
    switch self {
    case .unsigned, .negative: "an integer"
    case .bytes: "a byte string"
    case .text: "a text string"
    case .array: "an array"
    case .map: "a map"
    case .tag: "a tag"
    case .simple: "a Boolean or floating-point number"
    }
  }
}
