// Where the executables are that tests start.
import Foundation

enum BuiltExecutable {
  /// An executable of this package, built beside the tests.
  static func find(_ name: String) throws -> URL {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    for folder in sequence(first: tests.deletingLastPathComponent(), next: { $0.deletingLastPathComponent() })
      .prefix(4)
    {
      let candidate = folder.appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}
