// One command with its arguments, checked against the vocabulary. A pure value.

/// A command as written, its words known to be ones that it takes.
package struct Command: Equatable, Sendable {
  /// Counted from 1.
  package let line: Int
  package let name: CommandName
  /// The lines as they stand in the script; more than one only for a configuration change.
  package let source: [String]
  /// The words after the name.
  package let arguments: [Word]

  /// The command without the layout of its source.
  package var text: String { source.joined(separator: " ") }
}

// MARK: - Reading arguments

extension Command {
  /// Positional words.
  var words: [String] {
    arguments.filter { $0.key == nil }.flatMap(\.values)
  }

  func has(_ key: String) -> Bool {
    arguments.contains { $0.key == key }
  }

  /// All values of `key`, in order.
  func values(_ key: String) -> [String] {
    arguments.filter { $0.key == key }.flatMap(\.values)
  }

  /// The only value of `key`; nil if it is not given.
  func value(_ key: String) throws(ScriptError) -> String? {
    let all = values(key)
    guard all.count <= 1 else { throw error("\(key)= takes one value") }
    return all.first
  }

  func number(_ key: String) throws(ScriptError) -> UInt64? {
    guard let text = try value(key) else { return nil }
    return try number(in: text, called: "\(key)=")
  }

  /// A number that must not be 0, as an `Int`.
  func size(_ key: String) throws(ScriptError) -> Int? {
    guard let value = try number(key) else { return nil }
    guard value > 0 else { throw error("\(key)= must be at least 1") }
    return Int(value)
  }

  func numbers(_ key: String) throws(ScriptError) -> [UInt64] {
    var result: [UInt64] = []
    for text in values(key) {
      result.append(try number(in: text, called: "\(key)="))
    }
    return result
  }

  func flag(_ key: String) throws(ScriptError) -> Bool? {
    switch try value(key) {
    case nil: nil
    case "true": true
    case "false": false
    case .some(let other): throw error("\(key)= is true or false, not \"\(other)\"")
    }
  }

  /// The positional word at `position` as a number; nil if there are fewer words.
  func number(at position: Int) throws(ScriptError) -> UInt64? {
    guard position < words.count else { return nil }
    return try number(in: words[position], called: "word \(position + 1) after \(name.rawValue)")
  }

  func number(in text: String, called what: String) throws(ScriptError) -> UInt64 {
    guard let value = UInt64(text), value <= Limits.number else {
      throw error("\(what) is a number up to \(Limits.number), not \"\(text)\"")
    }
    return value
  }

  func error(_ message: String) -> ScriptError {
    ScriptError(line: line, message)
  }
}
