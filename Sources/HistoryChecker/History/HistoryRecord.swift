// One line of a history. Pure.

/// One event of a recorded history: an operation is invoked, or its end is known.
public struct HistoryRecord: Equatable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case invoke
    /// It had its effect; `value` is the result.
    case ok
    /// It certainly had no effect.
    case fail
    /// Nobody knows: it may have an effect at any time from its invocation on, or never.
    case info
  }

  /// Who does it; one operation at a time.
  public var process: Int64
  public var kind: Kind
  /// What is done: the words depend on the model.
  public var function: String
  /// A text, an integer, or null for none.
  public var key: JSONValue
  public var value: JSONValue
  /// In nanoseconds from any origin; never less than in the line before.
  public var time: Int64

  public init(
    process: Int64, kind: Kind, function: String, key: JSONValue = .null, value: JSONValue = .null,
    time: Int64
  ) {
    self.process = process
    self.kind = kind
    self.function = function
    self.key = key
    self.value = value
    self.time = time
  }

  /// One line of a history file, without the line's end.
  public init(line: ArraySlice<UInt8>) throws(HistoryProblem) {
    let json: JSONValue
    do throws(JSONProblem) {
      json = try JSONReader.read(line)
    } catch {
      throw .notJSON(error)
    }
    guard case .object(let members) = json else { throw .notAnObject }
    for member in members where !Self.names.contains(member.name) { throw .unknownField(member.name) }
    guard let process = json["process"]?.number else { throw .field("process", wanted: "an integer") }
    guard let kind = json["type"]?.text.flatMap(Kind.init) else {
      throw .field("type", wanted: "invoke, ok, fail or info")
    }
    guard let function = json["f"]?.text, !function.isEmpty else { throw .field("f", wanted: "a text") }
    guard let time = json["time"]?.number else { throw .field("time", wanted: "an integer, in nanoseconds") }
    let key = json["key"] ?? .null
    switch key {
    case .null, .string, .integer: break
    default: throw .field("key", wanted: "a text or an integer, or to be left out")
    }
    self.init(
      process: process, kind: kind, function: function, key: key, value: json["value"] ?? .null, time: time)
  }

  /// The line for it, without the line's end.
  public var line: String {
    JSONValue.members([
      ("process", .integer(process)), ("type", .string(kind.rawValue)), ("f", .string(function)),
      ("key", key), ("value", value), ("time", .integer(time)),
    ]).description
  }

  private static let names: Set<String> = ["process", "type", "f", "key", "value", "time", "error", "index"]
}
