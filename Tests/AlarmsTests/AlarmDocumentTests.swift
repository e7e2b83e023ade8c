// docs/alarms.md says what the catalogue says.
import Alarms
import Foundation
import Testing

@Suite struct AlarmDocumentTests {
  /// The table as it must stand in the document.
  private var table: String {
    let rows = AlarmKind.allCases.map { kind in
      let entry = kind.entry
      func seconds(_ milliseconds: Int64) -> String { "\(milliseconds / 1_000) s" }
      return
        "| `\(kind.rawValue)` | \(entry.subject) | \(entry.severityRule) | \(entry.meaning) | \(entry.advice) | "
        + "\(seconds(entry.raiseAfter)) / \(seconds(entry.clearAfter)) |"
    }
    return
      ([
        "| kind | subject | severity | meaning | what to do | raised / cleared after |",
        "| --- | --- | --- | --- | --- | --- |",
      ] + rows).joined(separator: "\n")
  }

  @Test func theTableIsTheCatalogue() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/alarms.md").path
    let document = try String(contentsOfFile: path, encoding: .utf8)
    #expect(document.contains("\n\(table)\n"), "the table of docs/alarms.md must be:\n\(table)")
  }
}
