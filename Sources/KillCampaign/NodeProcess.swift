// A node of the cluster as a process. Touches the operating system.
import Foundation

/// A started process. Whoever holds it must ask `hasEnded` until it is true: then the system forgets the process, and its
/// number must not be used any more.
package struct NodeProcess: Sendable {
  package let pid: Int32

  /// Starts it; its output is appended to `log`.
  package init(executable: String, arguments: [String], log: String) throws(CampaignError) {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var number: pid_t = 0
    let result = posix_spawn(&number, executable, &actions, nil, words, environ)
    guard result == 0 else {
      throw .executable(path: executable, reason: String(cString: strerror(result)))
    }
    pid = number
  }

  /// How it ended; nil while it runs.
  package var end: String? {
    var status: Int32 = 0
    let result = waitpid(pid, &status, WNOHANG)
    if result == 0 || (result < 0 && errno == EINTR) { return nil }
    let signal = status & 0x7F
    return signal == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(signal)"
  }

  /// SIGKILL, and waits until it is gone.
  /// - Returns: how it had ended by itself before; nil if it was running.
  package func kill() async -> String? {
    if let end { return end }
    _ = Foundation.kill(pid, SIGKILL)
    // Not interrupted by cancellation: the number must be given back.
    while end == nil { usleep(500) }
    return nil
  }
}
