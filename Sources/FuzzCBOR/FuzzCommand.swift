// `fuzz-cbor`: decodes many damaged messages, in processes of its own, and says which input breaks a rule. Touches stdout.
internal import ArgumentParser
internal import Foundation

@main
struct FuzzCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz-cbor",
    abstract: "Decodes damaged messages: none may crash, take memory out of proportion, or break a rule.",
    discussion: """
      Each input is made from one seed. The work is done by child processes under a limit of memory; when one dies, its seeds \
      are tried one by one to name the input. Exit codes: 0 when all inputs kept the rules, 1 when one did not.
      """)

  @Option(help: "How many inputs.")
  var inputs: Int = 10_000_000

  @Option(help: "The first seed; the next inputs are those of the seeds that follow.")
  var seed: UInt64 = 1

  @Option(help: "Processes at a time.")
  var workers: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Try this seed alone, in this process.")
  var replay: UInt64?

  @Flag(help: "Plant a decoder that believes a length, to see it found.")
  var planted = false

  @Flag(help: .hidden)
  var child = false

  @Flag(help: .hidden)
  var traced = false

  func validate() throws {
    guard inputs > 0, workers > 0, seed < UInt64.max / 4 else {
      throw ValidationError("--inputs and --workers must be above 0, and --seed below a quarter of 2^64")
    }
  }

  func run() async throws {
    if let replay { return try tryAlone(replay) }
    let seeds = seed..<seed + UInt64(inputs)
    if child {
      do {
        try FuzzWorker(seeds: seeds, traces: traced, isPlanted: planted).run()
      } catch {
        print("failed \(error)")
        Self.exit(withError: ExitCode(1))
      }
      // Ends here: under its limit of memory the process cannot start the thread that an asynchronous return may need.
      Self.exit()
    }
    try await FuzzCampaign(seeds: seeds, workers: workers, isPlanted: planted).run()
  }

  private func tryAlone(_ seed: UInt64) throws {
    let check = FuzzCheck(corpus: try FuzzCorpus(), isPlanted: planted)
    print("input: \(FuzzCorpus.hex(check.input(seed: seed).bytes))")
    do {
      print("outcome: \(try check.run(seed: seed))")
    } catch {
      print(error)
      throw ExitCode(1)
    }
  }
}
