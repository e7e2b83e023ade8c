// Processor time that was used, as the system counts it.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

package enum ProcessorTime {
  /// Seconds of all threads of this process, user and system.
  package static func ofProcess() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// Seconds of the calling thread.
  package static func ofThread() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
