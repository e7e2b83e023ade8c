// The grammar of JSON (RFC 8259), strictly: pure. Foundation's reader takes commas too many and does not say where it stops.

/// Where a text stops being JSON, and why.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
  package var line: Int
  /// In bytes, from 1.
  package var column: Int
  package var what: String

  package var description: String { "line \(line), column \(column): \(what)" }
}

/// Checks a text once, from its start to its end. Keys must differ within an object; nesting is limited.
package struct JSONSyntax {
  private static let maximumDepth = 16
  private let bytes: [UInt8]
  private var position = 0

  package static func check(_ bytes: [UInt8]) throws(JSONSyntaxError) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JSONSyntaxError(line: 1, column: 1, what: "the text is no UTF-8")
    }
    var syntax = JSONSyntax(bytes: bytes)
    try syntax.value(depth: 0)
    syntax.skipSpace()
    guard syntax.position == bytes.count else { throw syntax.error("nothing more is expected") }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func value(depth: Int) throws(JSONSyntaxError) {
    guard depth < Self.maximumDepth else { throw error("values are nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: try number()
    default: throw error("a value is expected")
    }
  }

  private mutating func object(depth: Int) throws(JSONSyntaxError) {
    position += 1
    skipSpace()
    if take("}") { return }
    var keys: Set<[UInt8]> = []
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("a key in double quotes is expected") }
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else {
        position = start
        throw error("the key \(String(decoding: key, as: UTF8.self)) is there twice")
      }
      skipSpace()
      guard take(":") else { throw error("':' is expected after a key") }
      try value(depth: depth + 1)
      skipSpace()
    } while take(",")
    guard take("}") else { throw error("',' or '}' is expected") }
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) {
    position += 1
    skipSpace()
    if take("]") { return }
    repeat {
      try value(depth: depth + 1)
      skipSpace()
    } while take(",")
    guard take("]") else { throw error("',' or ']' is expected") }
  }

  /// The string as it is written, with its quotes.
  private mutating func string() throws(JSONSyntaxError) -> [UInt8] {
    let start = position
    position += 1
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return Array(bytes[start..<position])
      case UInt8(ascii: "\\"):
        position += 1
        try escape()
      case ..<0x20:
        throw error("control characters in strings must be escaped")
      default:
        position += 1
      }
    }
    throw error("the text ends within a string")
  }

  private mutating func escape() throws(JSONSyntaxError) {
    switch next {
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard let byte = next, Character(Unicode.Scalar(byte)).isHexDigit else {
          throw error("four hexadecimal digits are expected after '\\u'")
        }
        position += 1
      }
    case let byte? where "\"\\/bfnrt".utf8.contains(byte): position += 1
    default: throw error("this is no escape sequence")
    }
  }

  private mutating func number() throws(JSONSyntaxError) {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw error("a digit is expected") }
  }

  private mutating func word(_ word: String) throws(JSONSyntaxError) {
    guard bytes[position...].starts(with: word.utf8) else { throw error("a value is expected") }
    position += word.utf8.count
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func error(_ what: String) -> JSONSyntaxError {
    let before = bytes[..<position]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return JSONSyntaxError(
      line: 1 + before.count(where: { $0 == 0x0A }), column: 1 + position - lineStart,
      what: position == bytes.count ? "\(what), and the text ends" : what)
  }
}
