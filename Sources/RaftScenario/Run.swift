// Running a script: its output block by block, its steps as JSON, and how the output differs from
// what the script expects. Pure functions.

/// What came of a script. The same script gives the same run, byte for byte.
package struct Run: Sendable {
  /// The output of each block that ran, in order.
  package private(set) var outputs: [[String]] = []
  /// One JSON object per command, without line breaks.
  package private(set) var steps: [String] = []
  /// Why it ended early, if it did.
  package private(set) var error: ScriptError?
  /// Broken promises. Each is in the output, too.
  package private(set) var violations: [String] = []

  package let script: Script

  package init(_ script: Script) {
    self.script = script
    var session = Session()
    for block in script.blocks {
      do throws(ScriptError) {
        try run(block, in: &session)
      } catch {
        self.error = error
        break
      }
    }
    violations = session.violations
  }

  private mutating func run(_ block: Block, in session: inout Session) throws(ScriptError) {
    var printed = 0
    for command in block.commands {
      try session.perform(command)
      steps.append(session.takeStep(command, output: session.output[printed...]).text)
      printed = session.output.count
    }
    outputs.append(session.takeOutput())
  }
}

/// Where the output is not what the script expects.
package struct Difference: Equatable, Sendable, CustomStringConvertible {
  /// Counted from 1.
  package let line: Int
  /// Nil where the script expects nothing more.
  package let expected: String?
  /// Nil where nothing more was printed.
  package let actual: String?

  package var description: String {
    "line \(line): expected \(expected.map { "\"\($0)\"" } ?? "nothing more"), "
      + "got \(actual.map { "\"\($0)\"" } ?? "nothing more")"
  }
}

extension Run {
  /// The first difference, or nil. Blocks that expect nothing cannot differ.
  package var firstDifference: Difference? {
    for (block, output) in zip(script.blocks, outputs) {
      guard let expected = block.expected, expected != output else { continue }
      let count = max(expected.count, output.count)
      for offset in 0..<count {
        let wanted = offset < expected.count ? expected[offset] : nil
        let actual = offset < output.count ? output[offset] : nil
        if wanted != actual {
          return Difference(line: block.expectedLine + offset, expected: wanted, actual: actual)
        }
      }
    }
    return nil
  }

  /// The commands with their output, a script again.
  package var transcript: [String] {
    zip(script.blocks, outputs).flatMap { block, output in
      block.commands.flatMap(\.source) + ["----"] + output + [""]
    }
  }

  /// The script with its output in place of what it expected. Comments stay.
  package var rewritten: [String] {
    var lines: [String] = []
    var position = 0
    for (block, output) in zip(script.blocks, outputs) {
      lines += script.lines[position..<block.range.lowerBound]
      let end = block.expected == nil ? block.range.upperBound : block.expectedLine - 2
      lines += script.lines[block.range.lowerBound..<end]
      lines += ["----"] + output
      position = block.range.upperBound
      let isSeparated = position < script.lines.count && trim(script.lines[position]).isEmpty
      if !isSeparated { lines.append("") }
    }
    return lines + script.lines[position...]
  }
}
