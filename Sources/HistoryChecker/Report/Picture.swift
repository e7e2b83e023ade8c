// Draws the part of a history that shows a violation, as one HTML page. Pure.

/// A self-contained HTML page with a drawing in inline SVG: a lane for each process, the order of events from left to right.
/// No scripts and nothing from elsewhere; light and dark after the reader's setting; all text from the history is escaped.
public enum Picture {
  /// At most this many violations are drawn.
  private static let limit = 10

  public static func html(_ report: CheckReport, title: String) -> String {
    var body = "<h1>\(escaped(title)): <span class=\"\(report.word)\">\(report.word)</span></h1>\n"
    body +=
      "<p>Model \(escaped(report.model.rawValue)), \(report.operations) operations on \(report.keys) keys, \(report.open) of unknown outcome.</p>\n"
    switch report.verdict {
    case .ok: body += "<p>Everything was searched, and nothing contradicts the model.</p>\n"
    case .unknown(let shortfalls):
      body += "<p>The search did not end:</p>\n<ul>\n"
      for shortfall in shortfalls.prefix(20) { body += "<li>\(escaped(shortfall.description))</li>\n" }
      body += "</ul>\n"
    case .violated(let violations):
      for violation in violations.prefix(limit) { body += section(violation) }
      if violations.count > limit { body += "<p>And \(violations.count - limit) more.</p>\n" }
    }
    for note in report.notes { body += "<p>Note: \(escaped(note))</p>\n" }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>\(escaped(title))</title>
      <style>
      \(style)
      </style>
      </head>
      <body>
      \(body)</body>
      </html>

      """
  }

  private static func section(_ violation: Violation) -> String {
    let name = violation.key == .null ? "" : ": \(escaped(violation.key.description))"
    var text = "<section>\n<h2>\(violation.rule.rawValue)\(name)</h2>\n"
    for sentence in violation.explanation { text += "<p>\(escaped(sentence))</p>\n" }
    text += "<figure>\n" + Drawing(violation.part).svg + "</figure>\n" + legend + "</section>\n"
    return text
  }

  private static let legend = """
    <p class="legend"><span class="box known"></span> result known <span class="box open"></span> outcome unknown, open for \
    ever <span class="box culprit"></span> cannot be explained. Small numbers: the place in the longest order that was found. \
    Left and right ends are the invocation and the end, in the order of events; the lower line is their time.</p>

    """

  static let style = """
    :root { color-scheme: light dark; --ink: #1c2128; --paper: #fff; --lane: #d5dae1; --known: #cfe3f7; --edge: #2f6aa8;
      --open: #eee7cf; --open-edge: #8a7420; --bad: #f9cfcf; --bad-edge: #b3261e; --good: #1f7a3d }
    @media (prefers-color-scheme: dark) { :root { --ink: #e3e8ee; --paper: #14181d; --lane: #39424d; --known: #1d3a57;
      --edge: #7db4ec; --open: #40391d; --open-edge: #d8bf5c; --bad: #5c1f1c; --bad-edge: #ff8a80; --good: #6fd08c } }
    body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5rem auto;
      max-width: 75rem; padding: 0 1rem }
    figure { margin: 1rem 0; overflow-x: auto }
    svg { display: block } svg text { fill: var(--ink); font: 12px ui-monospace, monospace }
    svg .small { font-size: 10px } .lane { stroke: var(--lane) }
    .known rect { fill: var(--known); stroke: var(--edge) } .open path { fill: var(--open); stroke: var(--open-edge) }
    .culprit rect, .culprit path { fill: var(--bad); stroke: var(--bad-edge); stroke-width: 2.5 }
    .box { display: inline-block; width: 1.1em; height: .8em; border: 1px solid; margin-left: .8em }
    .box.known { background: var(--known); border-color: var(--edge) }
    .box.open { background: var(--open); border-color: var(--open-edge) }
    .box.culprit { background: var(--bad); border-color: var(--bad-edge) }
    .violated { color: var(--bad-edge) } .ok { color: var(--good) } .unknown { color: var(--open-edge) }
    """

  /// Safe as text and inside quotes; characters that HTML does not allow are replaced.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
