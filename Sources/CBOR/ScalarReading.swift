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

/// A type whose values are one item each and are read without `init(from:)`.
protocol WireScalar {
  /// Reads the item at an index and moves the index to its end.
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> Self
}

extension CBORInput {
  @inline(__always)
  fileprivate func scalarHead(at index: Int) throws(ScalarProblem) -> ItemHead {
    do { return try head(at: index) } catch { throw .malformed(error) }
  }

  /// The problem with an item that has the wrong type.
  fileprivate func mismatch(_ head: ItemHead) -> ScalarProblem {
    guard head.major == .simple, head.information <= 24 else { return .isOther(head.major) }
    switch head.argument {
    case 20, 21: return .isOther(.simple)
    case 22, 23: return .isNil
    default: return .unsupportedSimpleValue(UInt8(truncatingIfNeeded: head.argument))
    }
  }

  /// Whether the item is `null` or `undefined`.
  @inline(__always)
  func isNil(at index: Int) -> Bool {
    guard UInt(bitPattern: index) < UInt(bitPattern: count) else { return false }
    return bytes[index] == 0xf6 || bytes[index] == 0xf7
  }

  @inline(__always)
  fileprivate func integer<I: FixedWidthInteger>(
    _ index: inout Int, as type: I.Type
  ) throws(ScalarProblem) -> I {
    let head = try scalarHead(at: index)
    switch head.major {
    case .unsigned:
      guard let value = I(exactly: head.argument) else { throw .integerOverflow }
      index = head.next
      return value
    case .negative:
      guard I.isSigned, let value = I(exactly: head.argument) else { throw .integerOverflow }
      index = head.next
      return ~value
    default: throw mismatch(head)
    }
  }

  @inline(__always)
  fileprivate func string(of major: MajorType, _ index: inout Int) throws(ScalarProblem)
    -> UnsafeRawBufferPointer
  {
    let head = try scalarHead(at: index)
    guard head.major == major else { throw mismatch(head) }
    let range: Range<Int>
    do { range = try content(of: head, at: index) } catch { throw .malformed(error) }
    index = range.upperBound
    return stretch(range)
  }
}

extension Bool: WireScalar {
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> Bool {
    let head = try input.scalarHead(at: index)
    guard head.major == .simple, head.information == 20 || head.information == 21 else {
      throw input.mismatch(head)
    }
    index = head.next
    return head.information == 21
  }
}

extension String: WireScalar {
  @inline(__always)
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> String {
    String(decoding: try input.string(of: .text, &index), as: UTF8.self)
  }
}

extension [UInt8]: WireScalar {
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> [UInt8] {
    Array(try input.string(of: .bytes, &index))
  }
}

extension Double: WireScalar {
  /// A number of any kind that `Double` represents exactly. Every NaN reads as the quiet NaN.
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> Double {
    let head = try input.scalarHead(at: index)
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
    default: throw input.mismatch(head)
    }
    guard let value else { throw .inexact }
    index = head.next
    return value.isNaN ? .nan : value
  }
}

extension Float: WireScalar {
  /// A number of any kind that `Float` represents exactly. Every NaN reads as the quiet NaN.
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> Float {
    var end = index
    let value = try Double.read(input, &end)
    let exact = value.isNaN ? .nan : Float(exactly: value)
    guard let exact else { throw .inexact }
    index = end
    return exact
  }
}

/// The integers: any width that holds the value.
protocol WireInteger: WireScalar, FixedWidthInteger {}

extension WireInteger {
  @inline(__always)
  static func read(_ input: CBORInput, _ index: inout Int) throws(ScalarProblem) -> Self {
    try input.integer(&index, as: Self.self)
  }
}

extension Int: WireInteger {}
extension Int8: WireInteger {}
extension Int16: WireInteger {}
extension Int32: WireInteger {}
extension Int64: WireInteger {}
extension UInt: WireInteger {}
extension UInt8: WireInteger {}
extension UInt16: WireInteger {}
extension UInt32: WireInteger {}
extension UInt64: WireInteger {}

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
