// Which map key stands for a `CodingKey`: one rule, shared by both directions. Pure functions.

/// The integer under which a key is written, or nil if it is written as text.
///
/// A dictionary's text keys carry an integer as soon as they look like one, also where the text is not that integer's
/// own form: "01" and "1" would both become 1 and one entry would be lost. Such a key stays text.
@inline(__always)
func wireInteger<Key: CodingKey>(of key: Key) -> Int? {
  guard let integer = key.intValue else { return nil }
  // A key of one byte, as nearly every enumeration is, cannot hold a text.
  return MemoryLayout<Key>.size <= 1 ? integer : integerInItsOwnForm(integer, text: key.stringValue)
}

private func integerInItsOwnForm(_ integer: Int, text: String) -> Int? {
  switch text.utf8.first {
  case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), .some(UInt8(ascii: "-")),
    .some(UInt8(ascii: "+")):
    return String(integer) == text ? integer : nil
  default:
    return integer
  }
}

/// A key as it stands in a map, where the type that is being coded has no name for it.
enum WireKey: CodingKey {
  case integer(Int)
  case text(String)
  /// As the standard library makes the keys of a dictionary: a text that looks like an integer is one, too.
  case dictionary(String)

  @inline(__always)
  init(stringValue: String) { self = .text(stringValue) }
  @inline(__always)
  init(intValue: Int) { self = .integer(intValue) }

  var stringValue: String {
    switch self {
    case .integer(let integer): String(integer)
    case .text(let text), .dictionary(let text): text
    }
  }

  var intValue: Int? {
    switch self {
    case .integer(let integer): integer
    case .text: nil
    case .dictionary(let text): Int(text)
    }
  }

  /// The key at an index of well-formed input, as a key of that type if it has such a one.
  static func key(at index: Int, in input: CBORInput, as type: any CodingKey.Type) -> any CodingKey {
    guard let head = try? input.head(at: index) else { return WireKey(stringValue: "?") }
    switch head.major {
    case .unsigned:
      guard let integer = Int(exactly: head.argument) else { break }
      return type.init(intValue: integer) ?? WireKey(intValue: integer)
    case .negative:
      guard let integer = Int(exactly: head.argument) else { break }
      return type.init(intValue: ~integer) ?? WireKey(intValue: ~integer)
    case .text:
      guard let content = try? input.content(of: head, at: index) else { break }
      let text = String(decoding: input.stretch(content), as: UTF8.self)
      return type.init(stringValue: text) ?? WireKey(stringValue: text)
    default:
      break
    }
    return WireKey(stringValue: "?")
  }
}

/// An index as a coding key, for paths into arrays.
struct IndexKey: CodingKey {
  let index: Int
  var stringValue: String { String(index) }
  var intValue: Int? { index }
  init(_ index: Int) { self.index = index }
  init?(intValue: Int) { index = intValue }
  init?(stringValue: String) {
    guard let index = Int(stringValue) else { return nil }
    self.index = index
  }
}

/// The key under which `superEncoder()` and `superDecoder()` keep a superclass's value.
struct SuperKey: CodingKey {
  var stringValue: String { "super" }
  var intValue: Int? { nil }
  init() {}
  init?(intValue: Int) { nil }
  init?(stringValue: String) { guard stringValue == "super" else { return nil } }
}

/// A coding path for people: keys joined by dots.
func dotted(_ path: [any CodingKey]) -> String {
  path.map(\.stringValue).joined(separator: ".")
}
