// Reads one JSON text (RFC 8259), strictly: no trailing data, no duplicate names, a limited depth. Pure.

/// Why a text is not JSON, and where.
public struct JSONProblem: Error, Equatable, Sendable {
  /// Counted in bytes from 1.
  public var column: Int
  public var reason: String
}

/// Reads one value of JSON text in UTF-8.
public struct JSONReader {
  /// Arrays and objects inside each other.
  public static let depthLimit = 32
  private static let realLimit = 9_007_199_254_740_992.0

  private let bytes: ArraySlice<UInt8>
  private var at: Int

  private init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    at = bytes.startIndex
  }

  /// The value of the whole text; space around it is allowed.
  public static func read(_ bytes: ArraySlice<UInt8>) throws(JSONProblem) -> JSONValue {
    var reader = JSONReader(bytes)
    reader.skipSpace()
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.at == bytes.endIndex else { throw reader.problem("something follows the value") }
    return value
  }

  private func problem(_ reason: String) -> JSONProblem {
    JSONProblem(column: at - bytes.startIndex + 1, reason: reason)
  }

  private var next: UInt8? { at < bytes.endIndex ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
  }

  private mutating func take(_ byte: Character) -> Bool {
    guard let next, next == byte.asciiValue else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> JSONValue {
    guard depth < Self.depthLimit else { throw problem("nested more than \(Self.depthLimit) deep") }
    switch next {
    case nil: throw problem("a value is missing")
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
    guard bytes[at...].starts(with: word.utf8) else { throw problem("this is no JSON value") }
    at += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONProblem) -> JSONValue {
    at += 1
    var members: [JSONMember] = []
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw problem("a member's name is missing") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw problem("a ':' is missing") }
      skipSpace()
      members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
      skipSpace()
      if take(",") { continue }
      guard take("}") else { throw problem("a ',' or '}' is missing") }
      members.sort(by: JSONMember.precedes)
      for (one, other) in zip(members, members.dropFirst()) where JSONValue.isSame(one.name, other.name) {
        throw problem("the name \(JSONValue.string(one.name)) occurs twice")
      }
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws(JSONProblem) -> JSONValue {
    at += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(",") { continue }
      guard take("]") else { throw problem("a ',' or ']' is missing") }
      return .array(elements)
    }
  }

  private mutating func number() throws(JSONProblem) -> JSONValue {
    let start = at
    _ = take("-")
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[at - whole] != UInt8(ascii: "0") else {
      at = start
      throw problem("this is no JSON value")
    }
    var isWhole = true
    if take(".") {
      isWhole = false
      guard digits() > 0 else { throw problem("a digit is missing") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      at += 1
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw problem("a digit is missing") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isWhole {
      guard let integer = Int64(text) else {
        throw problem("the whole number does not fit 64 bits, with its sign")
      }
      return .integer(integer)
    }
    // Rounding must not make two numbers one: from there on it would, and below the smallest all become 0.
    guard let real = Double(text), real.magnitude <= Self.realLimit else {
      throw problem("a number with a fraction or an exponent must lie between -2^53 and 2^53")
    }
    let digits = bytes[start..<at].prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
    guard real != 0 || digits.allSatisfy({ !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }) else {
      throw problem("the number is too small")
    }
    return Int64(exactly: real).map { .integer($0) } ?? .real(real)
  }

  private mutating func digits() -> Int {
    let start = at
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { at += 1 }
    return at - start
  }

  private mutating func string() throws(JSONProblem) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = next {
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw problem("the text is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: Array(String(try escape()).utf8))
      case 0..<0x20: throw problem("a control character in a text must be escaped")
      default: text.append(byte)
      }
    }
    throw problem("the text has no end")
  }

  private mutating func escape() throws(JSONProblem) -> Unicode.Scalar {
    guard let byte = next else { throw problem("the text has no end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = UInt32(try unit())
      if code >= 0xD800, code < 0xDC00 {
        guard take("\\"), take("u") else { throw problem("half of a surrogate pair is missing") }
        let low = UInt32(try unit())
        guard low >= 0xDC00, low < 0xE000 else { throw problem("half of a surrogate pair is missing") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw problem("half of a surrogate pair is missing") }
      return scalar
    default: throw problem("this escape does not exist")
    }
  }

  private mutating func unit() throws(JSONProblem) -> UInt16 {
    guard at + 4 <= bytes.endIndex, bytes[at] != UInt8(ascii: "+"), bytes[at] != UInt8(ascii: "-"),
      let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw problem("\\u wants four hexadecimal digits") }
    at += 4
    return unit
  }
}
