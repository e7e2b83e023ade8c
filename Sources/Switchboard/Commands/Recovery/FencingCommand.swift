// Runs the command that turns the other nodes off. Touches the operating system.
internal import Foundation
package import PeerTransport

/// A shell command that must end with 0 within its time: only then are the nodes it was given proven to be off.
package struct FencingCommand: Sendable {
  package var command: String
  package var limit: Duration

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package init(command: String, limit: Duration) {
    self.command = command
    self.limit = limit
  }

  /// - Parameter nodes: given to it in `SWITCHBOARD_FENCE_NODES`, separated by spaces.
  package func run(against nodes: [NodeID]) async throws(Failure) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWITCHBOARD_FENCE_NODES": nodes.map(\.rawValue).joined(separator: " ")]
    ) { $1 }
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw Failure(description: "the fencing command could not be started: \(error.localizedDescription)")
    }
    let deadline = ContinuousClock.now + limit
    while process.isRunning {
      guard ContinuousClock.now < deadline else {
        kill(process.processIdentifier, SIGKILL)
        throw Failure(
          description:
            "the fencing command was not done within \(limit.components.seconds) s: nobody knows whether the others are off"
        )
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(
        description:
          "the fencing command ended with \(process.terminationStatus): the others are not proven to be off")
    }
  }
}
