// A process of the demo's own: start, signal, end. Touches the operating system.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a process could not be started.
struct ChildProcessError: Error, CustomStringConvertible {
  var executable: String
  var reason: String
  var isRetryable: Bool { false }
  var description: String { "\(executable) could not be started: \(reason)" }
}

/// A started process. Whoever holds it must ask `hasEnded` until it is true: only then does the system forget the process, and
/// its number must not be used any more.
struct ChildProcess: Sendable {
  let pid: Int32

  /// Starts an executable in its own process group, so that a Ctrl-C at the terminal reaches the demo alone and it can stop its
  /// nodes in order. Both outputs are appended to a file.
  init(executable: String, arguments: [String], log: String) throws(ChildProcessError) {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The demo ignores signals that it reads in another way; a child must not inherit that.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var number: pid_t = 0
    let result = posix_spawn(&number, executable, &actions, &attributes, words, environ)
    guard result == 0 else {
      throw ChildProcessError(executable: executable, reason: String(cString: strerror(result)))
    }
    pid = number
  }

  func signal(_ signal: Int32) { _ = kill(pid, signal) }

  /// Whether it has ended; once this was true, it must not be asked or signaled again.
  var hasEnded: Bool {
    var status: Int32 = 0
    let result = waitpid(pid, &status, WNOHANG)
    return result == pid || (result < 0 && errno == ECHILD)
  }
}
