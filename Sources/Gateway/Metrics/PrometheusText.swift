// The text format of Prometheus (exposition formats, version 0.0.4): a pure renderer.

/// Collects metrics and renders them in the order in which they were given.
package struct PrometheusText: Sendable {
  package enum Kind: String, Sendable {
    case counter
    case gauge
  }

  private var lines: [String] = []

  package init() {}

  /// One metric with its samples; labels are given in the order in which they are to stand.
  package mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [(String, String)], value: UInt64)]
  ) {
    lines.append("# HELP \(name) \(Self.escaped(help, quotes: false))")
    lines.append("# TYPE \(name) \(kind.rawValue)")
    for sample in samples {
      let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }
      lines.append("\(name)\(labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") \(sample.value)")
    }
  }

  package mutating func add(_ name: String, _ kind: Kind, _ help: String, value: UInt64) {
    add(name, kind, help, [(labels: [], value: value)])
  }

  /// Of figures in milliseconds that may be below 0: in seconds.
  package mutating func addSigned(
    _ name: String, _ kind: Kind, _ help: String,
    _ samples: [(labels: [(String, String)], milliseconds: Int64)]
  ) {
    add(name, kind, help, [])
    for sample in samples {
      let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }
      let size = sample.milliseconds.magnitude
      let digits = String(1_000 + size % 1_000).dropFirst()
      lines.append(
        "\(name)\(labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") "
          + "\(sample.milliseconds < 0 ? "-" : "")\(size / 1_000).\(digits)")
    }
  }

  package var text: String { lines.joined(separator: "\n") + "\n" }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    return quotes ? escaped.replacing("\"", with: "\\\"") : escaped
  }
}
