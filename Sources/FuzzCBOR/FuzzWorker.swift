// One process that works through seeds under a limit of memory. Touches the process's limits, stdout.
internal import Foundation

/// Run as a process of its own, because a trap or a refused allocation ends it.
struct FuzzWorker {
  /// Memory that the inputs of a worker may take beyond what it had after its first ones. As no input has more than 4 KiB,
  /// a decoder that allocates by a claim of more than a thousand times its input is killed by its first try.
  static let slackBytes = 4 << 20
  static let warmUp = 2_000

  let seeds: Range<UInt64>
  /// Says each seed before it is tried, so that the last one said is the one that killed the process.
  let traces: Bool
  let isPlanted: Bool

  func run() throws {
    let check = FuzzCheck(corpus: try FuzzCorpus(), isPlanted: isPlanted)
    // From the highest seeds down, which no campaign comes to; the planted bug is left out.
    let warming = FuzzCheck(corpus: try FuzzCorpus())
    for seed in 0..<UInt64(Self.warmUp) { _ = try warming.run(seed: .max - seed) }
    try limitMemory()
    var counts = (malformed: 0, value: 0, message: 0)
    for seed in seeds {
      if traces { FileHandle.standardOutput.write(Data("trace \(seed)\n".utf8)) }
      switch try check.run(seed: seed) {
      case .malformed: counts.malformed += 1
      case .value: counts.value += 1
      case .message: counts.message += 1
      }
    }
    print("done \(counts.malformed) \(counts.value) \(counts.message)")
  }

  /// Address space, not pages in use: what is reserved and never touched counts, too.
  private func limitMemory() throws {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    guard let pages = text.split(separator: " ").first.flatMap({ UInt($0) }) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    let bytes = rlim_t(pages) * rlim_t(sysconf(Int32(_SC_PAGESIZE))) + rlim_t(Self.slackBytes)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else {
      throw CocoaError(.featureUnsupported)
    }
  }
}
