// A script cut into blocks of commands with or without expected output. Pure functions on text.

/// A parsed script.
package struct Script: Sendable {
  package let blocks: [Block]
  /// All lines, as they were.
  package let lines: [String]
}

/// Commands whose output belongs together.
package struct Block: Sendable {
  package let commands: [Command]
  /// The lines after `----`; nil if the script does not say what it expects.
  package let expected: [String]?
  /// The script's lines of this block, counted from 0, its expectation included.
  package let range: Range<Int>
  /// The line of the first expected line, counted from 1; where it would be, if there is none.
  package let expectedLine: Int
}

extension Script {
  /// Reads a script in the form that etcd's scripts have (commands, `----`, the expected output up
  /// to an empty line), or a plain one: a command per line. Both may be mixed.
  package init(_ text: String) throws(ScriptError) {
    guard text.utf8.count <= Limits.scriptBytes else {
      throw ScriptError(line: 1, "a script has at most \(Limits.scriptBytes) bytes")
    }
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.last == "\r" ? line.dropLast() : line)
    }
    var reader = BlockReader(lines: lines)
    try reader.readAll()
    blocks = reader.blocks
  }
}

private struct BlockReader {
  let lines: [String]
  var blocks: [Block] = []
  private var position = 0
  private var commandCount = 0
  /// Lines, counted from 0, of the commands that are not yet in a block.
  private var pending: [Int] = []

  init(lines: [String]) {
    self.lines = lines
  }

  mutating func readAll() throws(ScriptError) {
    while position < lines.count {
      let line = lines[position]
      guard line.utf8.count <= Limits.lineBytes else {
        throw ScriptError(line: position + 1, "a line has at most \(Limits.lineBytes) bytes")
      }
      let trimmed = trim(line)
      if trimmed == "----" {
        try closeWithExpectation()
      } else if trimmed.isEmpty || trimmed.hasPrefix("#") {
        if trimmed.isEmpty { try closePlain() }
        position += 1
      } else {
        pending.append(position)
        position += 1
      }
    }
    try closePlain()
  }

  /// Commands without an expectation: each is a block of its own.
  private mutating func closePlain() throws(ScriptError) {
    for command in try takeCommands() {
      let start = command.line - 1
      let end = start + command.source.count
      blocks.append(
        Block(commands: [command], expected: nil, range: start..<end, expectedLine: end + 1))
    }
  }

  private mutating func closeWithExpectation() throws(ScriptError) {
    guard let start = pending.first else {
      throw ScriptError(line: position + 1, "expected output without a command before it")
    }
    let commands = try takeCommands()
    position += 1
    let first = position
    while position < lines.count, !trim(lines[position]).isEmpty {
      position += 1
    }
    blocks.append(
      Block(
        commands: commands, expected: Array(lines[first..<position]), range: start..<position,
        expectedLine: first + 1))
  }

  private mutating func takeCommands() throws(ScriptError) -> [Command] {
    var commands: [Command] = []
    var index = 0
    while index < pending.count {
      let start = pending[index]
      var source = [trim(lines[start])]
      index += 1
      // The steps of a configuration change may stand on lines of their own.
      while source[0].hasPrefix(CommandName.proposeConfChange.rawValue), index < pending.count,
        pending[index] == pending[index - 1] + 1, isSteps(lines[pending[index]])
      {
        source.append(trim(lines[pending[index]]))
        index += 1
      }
      commands.append(try CommandName.command(in: source, line: start + 1))
      commandCount += 1
      guard commandCount <= Limits.commands else {
        throw ScriptError(line: start + 1, "a script has at most \(Limits.commands) commands")
      }
    }
    pending = []
    return commands
  }

  private func isSteps(_ line: String) -> Bool {
    trim(line).split(separator: " ").allSatisfy { word in
      word.count > 1 && word.first?.isLetter == true && word.dropFirst().allSatisfy(\.isNumber)
    }
  }
}

/// Without the blanks around it.
func trim(_ text: String) -> String {
  let start = text.drop(while: \.isWhitespace)
  return String(start.reversed().drop(while: \.isWhitespace).reversed())
}
