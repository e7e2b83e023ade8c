// The `raft-scenario` executable: its options, files and exit codes. The only file of this target
// that touches anything outside.
import ArgumentParser
internal import Foundation

@main
struct RaftScenarioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "raft-scenario",
    abstract: "Runs scripts against the consensus code and prints what each node did.",
    discussion: """
      A script is text: commands one per line, optionally each followed by ---- and the output it
      expects, up to an empty line. The same script prints the same, byte for byte. The language is
      described in docs/scenarios.md.

      Exit codes: 0, 1 (--check found a difference), 2 (a promise of consensus was broken),
      64 (a script or the command line is wrong), 66 (a file cannot be read or written).
      """)

  @Argument(help: "Scripts; standard input if there are none.")
  var files: [String] = []

  @Flag(help: "Print one JSON object per step instead of text.")
  var json = false

  @Flag(help: "Compare with the expected output and say the first difference of each script.")
  var check = false

  @Flag(help: "Write the output into the scripts as what they expect.")
  var rewrite = false

  func validate() throws {
    guard [json, check, rewrite].count(where: { $0 }) <= 1 else {
      throw ValidationError("--json, --check and --rewrite exclude each other.")
    }
    guard !(check || rewrite) || !files.isEmpty else {
      throw ValidationError("--check and --rewrite need files.")
    }
  }

  func run() throws {
    var worst: Int32 = 0
    for file in files.isEmpty ? ["-"] : files {
      worst = max(worst, try runScript(in: file))
    }
    if worst != 0 { throw ExitCode(worst) }
  }

  private func runScript(in file: String) throws -> Int32 {
    guard
      let data = file == "-"
        ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: file)
    else {
      complain("\(file): cannot be read")
      return 66
    }
    let run: Run
    do throws(ScriptError) {
      run = Run(try Script(String(decoding: data, as: UTF8.self)))
    } catch {
      complain("\(file): \(error)")
      return 64
    }
    guard try output(run, of: file) else { return 66 }
    for violation in run.violations { complain("\(file): \(violation)") }
    if let error = run.error {
      complain("\(file): \(error)")
      return 64
    }
    if !run.violations.isEmpty { return 2 }
    if check, let difference = run.firstDifference {
      complain("\(file): \(difference)")
      return 1
    }
    return 0
  }

  /// False if a file could not be written.
  private func output(_ run: Run, of file: String) throws -> Bool {
    if json {
      for step in run.steps { print(step) }
    } else if rewrite {
      // An incomplete run must not cut a script short.
      guard run.error == nil else { return true }
      do {
        try run.rewritten.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
      } catch {
        complain("\(file): cannot be written: \(error.localizedDescription)")
        return false
      }
    } else if !check {
      for line in run.transcript { print(line) }
    }
    return true
  }

  private func complain(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
