// Runs every file in Scenarios: the output is the expected one, no promise of consensus breaks after
// any step, and a second run is the same byte for byte. Reads the files beside it.
internal import Foundation
import Testing
import raft_scenario

private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Scenarios")

private func scenarioNames() -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
  return names.filter { $0.hasSuffix(".txt") }.sorted()
}

private func text(of name: String) throws -> String {
  try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
}

@Suite struct ScenarioTests {
  @Test func thereAreScenarios() {
    #expect(scenarioNames().count >= 30)
  }

  @Test(arguments: scenarioNames())
  func printsWhatItExpects(_ name: String) throws {
    let run = Run(try Script(try text(of: name)))
    #expect(run.error == nil)
    #expect(run.violations == [])
    let difference = run.firstDifference
    #expect(difference == nil)
    #expect(run.outputs.count == run.script.blocks.count)
  }

  @Test(arguments: scenarioNames())
  func expectsSomethingEverywhere(_ name: String) throws {
    let text = try text(of: name)
    let script = try Script(text)
    #expect(script.blocks.allSatisfy { $0.expected?.isEmpty == false })
    // The comment above the first command says what it shows.
    #expect(text.hasPrefix("# "))
    #expect(text.contains("\n# Shows: "))
    // --rewrite would change nothing.
    #expect(Run(script).rewritten == script.lines)
  }

  @Test(arguments: scenarioNames())
  func isTheSameEachTime(_ name: String) throws {
    let text = try text(of: name)
    let first = Run(try Script(text))
    let second = Run(try Script(text))
    #expect(first.steps == second.steps)
    #expect(first.steps.count == first.script.blocks.reduce(0) { $0 + $1.commands.count })
    for step in first.steps {
      let object = try JSONSerialization.jsonObject(with: Data(step.utf8)) as? [String: Any]
      #expect(object?["command"] is String)
    }
  }
}
