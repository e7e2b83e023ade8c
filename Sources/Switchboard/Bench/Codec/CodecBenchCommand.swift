// `switchboard bench codec`: the options of the encoding's benchmark. Touches stdout.
internal import ArgumentParser
internal import Foundation

extension BenchCommand {
  struct Codec: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "codec", abstract: "CBOR beside Foundation's JSON, on the product's own messages.",
      discussion: """
        Each message is encoded and decoded in turns with both, by one thread; its processor time in the fastest turn of \
        each counts. Where a message carries bytes, JSON writes them as an array of numbers; the second line of means \
        leaves these out.
        """)

    @Option(help: "Turns of each measurement.")
    var rounds: Int = 7

    @Option(help: "Milliseconds of each turn.")
    var milliseconds: Double = 20

    func validate() throws {
      guard rounds > 0, rounds <= 1_000 else { throw ValidationError("--rounds must be 1 to 1000") }
      guard milliseconds > 0, milliseconds <= 10_000 else {
        throw ValidationError("--milliseconds must be above 0 and at most 10000")
      }
    }

    func run() throws {
      do {
        try CodecBench(rounds: rounds, millisecondsPerRound: milliseconds).run()
      } catch {
        throw ExitStatus.failed.because("the benchmark cannot go on: \(error)")
      }
    }
  }
}
