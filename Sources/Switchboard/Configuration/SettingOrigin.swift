// Where a setting came from, so that an error can point at it. Pure.

/// The place of a setting, or of the place where it is missing.
package enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
  /// A position in a file; lines and columns count from 1.
  case file(path: String, line: Int, column: Int)
  /// A file as a whole.
  case wholeFile(path: String)
  /// An environment variable.
  case variable(String)
  /// A flag of the command line, as it was given.
  case flag(String)

  package var description: String {
    switch self {
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .wholeFile(let path): path
    case .variable(let name): "environment variable \(name)"
    case .flag(let flag): flag
    }
  }
}

/// The name of a setting: the keys that lead to it, written with dots: `nodes.north.peer`.
package struct SettingPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  package var keys: [String]

  package init(_ keys: [String]) { self.keys = keys }
  package init(arrayLiteral keys: String...) { self.keys = keys }
  package init(dotted text: String) {
    keys = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  package func child(_ key: String) -> SettingPath { SettingPath(keys + [key]) }

  package var description: String { keys.isEmpty ? "the file" : keys.joined(separator: ".") }

  /// The environment variable that sets it: `SWITCHBOARD_`, then the keys in upper case, joined with `_`, and with `_`
  /// for each `-`.
  package var variable: String {
    "SWITCHBOARD_" + keys.joined(separator: "_").uppercased().replacing("-", with: "_")
  }
}

/// The text of a setting and where it stands.
package struct SettingValue: Equatable, Sendable {
  package var text: String
  package var origin: SettingOrigin

  package init(_ text: String, _ origin: SettingOrigin) {
    self.text = text
    self.origin = origin
  }
}
