// The list of API callers: a YAML list of {name, role, sha256}. Pure: text in, callers and problems out.
package import Gateway
internal import Yams

/// A caller as a tokens file lists it.
package struct APITokenEntry: Equatable, Sendable {
  package let name: String
  package let role: Role
  /// SHA-256 of the token's UTF-8 text: 64 hexadecimal digits in lower case.
  package let sha256: String

  package init(name: String, role: Role, sha256: String) {
    self.name = name
    self.role = role
    self.sha256 = sha256
  }

  package var text: String { "- {name: \(name), role: \(role.rawValue), sha256: \"\(sha256)\"}" }

  /// Names are in logs and in command ids.
  package static func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...64).contains(bytes.count)
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  package static let nameRule = "1 to 64 letters, digits, -, _ and ."
}

/// A tokens file as it was read.
package struct TokensFile: Equatable, Sendable {
  package private(set) var lines: [APITokenEntry] = []
  /// The callers as the gateway knows them.
  package private(set) var tokens: [APIToken] = []
  package private(set) var problems: [ConfigurationProblem] = []

  private static let keys = ["name", "role", "sha256"]
  private static let advice = "make a line with switchboard pki token"

  package init(text: String, path: String) {
    do throws(ConfigurationProblem) {
      read(root: try YAMLText.compose(text, path: path), path)
    } catch {
      problems.append(error)
    }
  }

  private mutating func read(root: Node?, _ path: String) {
    guard let root, root.sequence?.isEmpty != true else {
      return add(
        .wholeFile(path: path), nil, wrong: "it lists nobody, so nobody could use the API", Self.advice)
    }
    guard case .sequence(let items) = root else {
      return add(YAMLText.origin(of: root, path: path), nil, wrong: "this must be a list", Self.advice)
    }
    for item in items { read(item, path) }
  }

  private mutating func read(_ item: Node, _ path: String) {
    let place = YAMLText.origin(of: item, path: path)
    guard case .mapping(let mapping) = item else {
      return add(place, nil, wrong: "this must be a mapping of name, role and sha256", Self.advice)
    }
    var fields: [String: SettingValue] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string, Self.keys.contains(name) else {
        let words = Suggestion.words(for: key.scalar?.string ?? "", among: Self.keys) ?? "remove it"
        add(
          YAMLText.origin(of: key, path: path), key.scalar?.string, wrong: "there is no such key", words,
          allowed: Self.keys.joined(separator: ", "))
        continue
      }
      fields[name] = SettingValue(value.scalar?.string ?? "", YAMLText.origin(of: value, path: path))
    }
    let missing = Self.keys.filter { fields[$0] == nil }
    guard missing.isEmpty, let name = fields["name"], let role = fields["role"], let digest = fields["sha256"]
    else {
      return add(place, missing.first, wrong: "it is missing", Self.advice)
    }
    check(name, role, digest)
  }

  private mutating func check(_ name: SettingValue, _ role: SettingValue, _ digest: SettingValue) {
    let before = problems.count
    if !APITokenEntry.isName(name.text) {
      add(
        name.origin, "name", wrong: "\"\(name.text)\" is no name", "rename it",
        allowed: APITokenEntry.nameRule)
    } else if lines.contains(where: { $0.name == name.text }) {
      add(name.origin, "name", wrong: "\"\(name.text)\" is in the list twice", "rename or remove one of them")
    }
    let roles = Role.allCases.map(\.rawValue)
    let known = Role(rawValue: role.text)
    if known == nil {
      add(
        role.origin, "role", wrong: "\"\(role.text)\" is no role",
        Suggestion.words(for: role.text, among: roles), allowed: roles.joined(separator: ", "))
    }
    let hex = digest.text.lowercased()
    let token = known.flatMap { try? APIToken(name: name.text, role: $0, sha256: hex) }
    if known != nil, token == nil {
      // Not quoted: somebody may have put the token itself here.
      add(
        digest.origin, "sha256", wrong: "this is no SHA-256 digest", Self.advice,
        allowed: "64 hexadecimal digits")
    } else if lines.contains(where: { $0.sha256 == hex }) {
      add(digest.origin, "sha256", wrong: "two callers have the same token", Self.advice)
    }
    guard problems.count == before, let known, let token else { return }
    lines.append(APITokenEntry(name: name.text, role: known, sha256: hex))
    tokens.append(token)
  }

  private mutating func add(
    _ origin: SettingOrigin, _ key: String?, wrong: String, _ advice: String?, allowed: String? = nil
  ) {
    problems.append(ConfigurationProblem(origin, key, wrong: wrong, allowed: allowed, advice: advice))
  }
}
