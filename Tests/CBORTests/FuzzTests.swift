// The short form of `make fuzz`: damaged messages of the product, in this process.

import CBOR
import Testing
import fuzz_cbor

@Suite struct FuzzTests {
  // A matter of seconds in either build.
  #if DEBUG
    static let everyday = 50_000
  #else
    static let everyday = 200_000
  #endif

  /// `CBOR_FUZZ_INPUTS` sets how many, `CBOR_FUZZ_SEED` the first. `make fuzz` tries ten million under a limit of memory.
  @Test func damagedMessages() async throws {
    let inputs = environmentNumber("CBOR_FUZZ_INPUTS", default: Self.everyday)
    let first = UInt64(environmentNumber("CBOR_FUZZ_SEED", default: 1))
    let check = FuzzCheck(corpus: try FuzzCorpus())
    let outcomes = try await withThrowingTaskGroup(of: [Int].self) { group in
      let share = 5_000
      for start in stride(from: 0, to: inputs, by: share) {
        group.addTask {
          var counts = [0, 0, 0]
          for seed in first + UInt64(start)..<first + UInt64(min(start + share, inputs)) {
            switch try check.run(seed: seed) {
            case .malformed: counts[0] += 1
            case .value: counts[1] += 1
            case .message: counts[2] += 1
            }
          }
          return counts
        }
      }
      return try await group.reduce(into: [0, 0, 0]) { sum, counts in
        for index in sum.indices { sum[index] += counts[index] }
      }
    }
    // Damage that is too wild, or too tame, tries only the first check of the decoder.
    #expect(outcomes.reduce(0, +) == inputs)
    for count in outcomes { #expect(count > inputs / 50, "\(outcomes)") }
  }

  /// What the fuzzing starts from is what it says it is.
  @Test func undamagedMessages() throws {
    let corpus = try FuzzCorpus()
    #expect(corpus.messages.count > 30)
    for message in corpus.messages { _ = try cborDiagnostic(message.bytes) }
  }

  @Test func oneSeedIsOneInput() throws {
    let (one, other) = (FuzzCheck(corpus: try FuzzCorpus()), FuzzCheck(corpus: try FuzzCorpus()))
    var inputs: Set<[UInt8]> = []
    for seed in UInt64(0)..<500 {
      let input = one.input(seed: seed).bytes
      #expect(input == other.input(seed: seed).bytes && input.count <= FuzzMutation.maximumBytes)
      inputs.insert(input)
    }
    #expect(inputs.count > 450)
  }
}
