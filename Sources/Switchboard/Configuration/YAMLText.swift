// YAML text to nodes with positions; what the parser refuses becomes a problem with its position. Pure.
internal import Yams

enum YAMLText {
  /// The root of the text's only document; nil when the text is empty.
  static func compose(_ text: String, path: String) throws(ConfigurationProblem) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw problem(error, path: path)
    } catch {
      throw ConfigurationProblem(.wholeFile(path: path), nil, wrong: "it is not YAML: \(error)")
    }
  }

  static func origin(of node: Node, path: String) -> SettingOrigin {
    node.mark.map { .file(path: path, line: $0.line, column: $0.column) } ?? .wholeFile(path: path)
  }

  private static func problem(_ error: YamlError, path: String) -> ConfigurationProblem {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return ConfigurationProblem(
        .file(path: path, line: mark.line, column: mark.column), nil, wrong: "this is not YAML: \(problem)",
        advice: "check the indentation, the quotes and the brackets up to here")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
      return ConfigurationProblem(
        .file(path: path, line: context.mark.line, column: context.mark.column), duplicates.first,
        wrong: "the key occurs twice in one mapping (\(names))", advice: "remove or rename one of them")
    case .reader(let problem, let offset, _, let text):
      let before = text.prefix(offset ?? 0)
      let line = before.count { $0.isNewline } + 1
      let column = before.reversed().prefix { !$0.isNewline }.count + 1
      return ConfigurationProblem(
        .file(path: path, line: line, column: column), nil, wrong: "this is not text: \(problem)",
        advice: "save the file as UTF-8 without control characters")
    default:
      return ConfigurationProblem(.wholeFile(path: path), nil, wrong: "it is not YAML: \(error)")
    }
  }
}
