// One thing that is wrong with a configuration, in words for the person who wrote it. Pure.

/// What is wrong, where, what is allowed, and what to do. None goes away by trying again: a person has to change something.
package struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
  package var origin: SettingOrigin
  /// The setting, with dots; nil when the file as a whole is meant.
  package var key: String?
  package var wrong: String
  package var allowed: String?
  package var advice: String?

  package init(
    _ origin: SettingOrigin, _ key: String?, wrong: String, allowed: String? = nil, advice: String? = nil
  ) {
    self.origin = origin
    self.key = key
    self.wrong = wrong
    self.allowed = allowed
    self.advice = advice
  }

  /// `file:line:column: key: what was wrong; allowed: …; what to do`.
  package var description: String {
    var text = "\(origin): "
    if let key { text += "\(key): " }
    text += wrong
    if let allowed { text += "; allowed: \(allowed)" }
    if let advice { text += "; \(advice)" }
    return text
  }
}

/// Everything that is wrong with a configuration, at once, in the order of the places.
package struct InvalidConfiguration: Error, Equatable, Sendable, CustomStringConvertible {
  package var problems: [ConfigurationProblem]

  package init(_ problems: [ConfigurationProblem]) {
    self.problems = problems.enumerated().sorted { left, right in
      let (first, second) = (Self.rank(left.element.origin), Self.rank(right.element.origin))
      return first == second ? left.offset < right.offset : first.lexicographicallyPrecedes(second)
    }.map(\.element)
  }

  package var description: String {
    let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
    return (["the configuration has \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
  }

  private static func rank(_ origin: SettingOrigin) -> [Int] {
    switch origin {
    case .wholeFile: [0]
    case .file(_, let line, let column): [1, line, column]
    case .variable: [2]
    case .flag: [3]
    }
  }
}
