// Reads a history file piece by piece, and checks it. Touches files and the clock.
internal import Foundation
package import HistoryChecker

package struct CheckRun {
  package var file: String
  package var model: Model
  package var limits: CheckLimits

  package init(file: String, model: Model, limits: CheckLimits) {
    self.file = file
    self.model = model
    self.limits = limits
  }

  private static let pieceSize = 1 << 20

  package func report() throws(CheckFailure) -> CheckReport {
    let history = try read()
    do throws(HistoryError) {
      return try HistoryCheck(model: model, limits: limits).run(history)
    } catch {
      throw malformed(error)
    }
  }

  private func read() throws(CheckFailure) -> History {
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw CheckFailure(
        status: .unreadable, description: "\(file) cannot be read: is it there, and may you read it?")
    }
    defer { try? handle.close() }
    var reader = HistoryReader()
    while true {
      let piece: Data?
      do {
        piece = try handle.read(upToCount: Self.pieceSize)
      } catch {
        throw CheckFailure(status: .unreadable, description: "\(file) cannot be read: \(error)")
      }
      do throws(HistoryError) {
        guard let piece, !piece.isEmpty else { return try reader.finish() }
        try reader.feed(Array(piece)[...])
      } catch {
        throw malformed(error)
      }
    }
  }

  private func malformed(_ error: HistoryError) -> CheckFailure {
    CheckFailure(status: .malformed, description: "\(file), \(error)")
  }

  package static func write(_ text: String, to file: String) throws(CheckFailure) {
    do {
      try Data(text.utf8).write(to: URL(filePath: file))
    } catch {
      throw CheckFailure(status: .unwritable, description: "\(file) cannot be written: \(error)")
    }
  }
}
