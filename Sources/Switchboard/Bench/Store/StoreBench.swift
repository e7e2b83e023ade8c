// The benchmark of the store: what is measured, in which order, and the table.
internal import Foundation
internal import NodeStore

struct StoreBench {
  let directory: String
  let seconds: Double
  let tail: Int
  let closed: Int

  func run() async throws {
    let floor = StoreBenchFloor(directory: directory, seconds: seconds)
    let sync = try floor.fdatasync()
    let commits = try floor.commits()
    section("floor")
    line("fdatasync of 4 KiB", "p50 \(micros(sync(50))), p99 \(micros(sync(99)))")
    line("raw SQLite, WAL, FULL, one row a commit", "\(whole(commits)) a second")

    section("one client that waits")
    let load = StoreBenchLoad(directory: directory, seconds: seconds)
    let (single, commit) = try await load.latency()
    line("append to stable storage", "p50 \(micros(single(50))), p99 \(micros(single(99)))")
    line("of that, the commit alone", "p50 \(micros(commit))")
    line("p50 over that of fdatasync", ratio(single(50), sync(50)) + " (aim: at most 1.6)")

    section("16 partitions, 256 entries of 256 bytes in flight")
    let throughput = try await load.throughput()
    line("entries", "\(whole(throughput.entriesPerSecond)) a second")
    line("over raw commits", ratio(throughput.entriesPerSecond, commits) + " (aim: at least 25)")
    line("entries a batch", String(format: "%.1f", throughput.entriesPerBatch))
    line(
      "copying the WAL into the file",
      "\(throughput.checkpoints.count) times, p99 \(millis(throughput.checkpoints(99))) (aim: at most 50 ms)")
    line("log.db and its WAL afterwards", "\(megabytes(throughput.fileBytes))")

    section("bytes written for each byte of 256-byte entries")
    for (batch, aim) in [(1, ""), (50, " (aim: at most 5)"), (200, " (aim: at most 3.5)")] {
      let written = try await load.amplification(batch: batch)
      line("batches of \(batch)", String(format: "%.2f", written) + aim)
    }

    let restart = StoreBenchRestart(directory: directory)
    if tail > 0 {
      section("restart with \(tail) entries of 256 bytes in the log")
      let result = try await restart.tail(tail)
      line("open", "\(seconds(result.seconds))" + (tail == 1_000_000 ? " (aim: at most 5 s)" : ""))
      line("log.db", megabytes(result.bytes))
    }
    if closed > 0 {
      section("restart with \(closed) closed interactions")
      let result = try await restart.closed(closed)
      line("open, and what 16 partitions read", "\(seconds(result.seconds)) (aim: at most 1 s)")
      line(
        "memory of the process, before and after",
        "\(megabytes(result.memoryBefore)), \(megabytes(result.memoryAfter))")
      line("state.db", megabytes(result.bytes))
      line("one of them, read on demand", "p50 \(micros(result.loads(50))), p99 \(micros(result.loads(99)))")
      line("state.db after the retention of all but a tenth", megabytes(result.bytesAfterRetention))
    }
  }

  // MARK: words

  private func section(_ title: String) { print("\n\(title)") }

  private func line(_ name: String, _ value: String) {
    print("  " + name.padding(toLength: max(44, name.count), withPad: " ", startingAt: 0) + " " + value)
  }

  private func micros(_ seconds: Double?) -> String {
    seconds.map { String(format: "%.0f µs", $0 * 1e6) } ?? "none"
  }
  private func millis(_ seconds: Double?) -> String {
    seconds.map { String(format: "%.1f ms", $0 * 1e3) } ?? "none"
  }
  private func seconds(_ seconds: Double) -> String { String(format: "%.2f s", seconds) }
  private func whole(_ number: Double) -> String { String(format: "%.0f", number) }
  private func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
  private func ratio(_ one: Double?, _ other: Double?) -> String {
    guard let one, let other, other > 0 else { return "unknown" }
    return String(format: "%.2f", one / other)
  }
}
