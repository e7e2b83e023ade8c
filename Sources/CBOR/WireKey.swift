// Which map key stands for a `CodingKey`: one rule, shared by both directions. Pure functions.

/// The integer under which a key is written, or nil if it is written as text.
///
/// A dictionary's text keys carry an integer as soon as they look like one, also where the text is not that integer's
/// own form: "01" and "1" would both become 1 and one entry would be lost. Such a key stays text.
func wireInteger(of key: some CodingKey) -> Int? {
  guard let integer = key.intValue else { return nil }
  let text = key.stringValue
  switch text.utf8.first {
  case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), .some(UInt8(ascii: "-")),
    .some(UInt8(ascii: "+")):
    return String(integer) == text ? integer : nil
  default:
    return integer
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
