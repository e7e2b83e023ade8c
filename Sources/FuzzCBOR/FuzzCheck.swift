// What must hold of every input, whatever its bytes are. Pure.
internal import CBOR

/// A rule that an input breaks.
package struct FuzzFailure: Error, CustomStringConvertible {
  package let seed: UInt64
  package let input: [UInt8]
  package let rule: String

  package var description: String {
    "seed \(seed): \(rule)\n  input: \(FuzzCorpus.hex(input))\n  again: .build/release/fuzz-cbor --replay \(seed)"
  }
}

package struct FuzzCheck: Sendable {
  private let corpus: FuzzCorpus
  /// Adds a decoder that believes a length before the bytes are there: the fuzzing must find it.
  private let isPlanted: Bool

  package init(corpus: FuzzCorpus, isPlanted: Bool = false) {
    (self.corpus, self.isPlanted) = (corpus, isPlanted)
  }

  /// What became of an input.
  package enum Outcome: Sendable {
    case malformed
    /// Well-formed, but none of the types that were tried.
    case value
    /// Well-formed, and of a type of the corpus.
    case message
  }

  /// The input of a seed, and the type of the message that it was made from.
  package func input(seed: UInt64) -> (bytes: [UInt8], shape: Int) {
    var random = FuzzRandom(seed: seed)
    let chosen = random.below(corpus.messages.count)
    let shape = corpus.shapeOfMessage[chosen] ?? random.below(corpus.shapes.count)
    return (FuzzMutation.apply(to: corpus.messages[chosen], corpus: corpus.messages, &random), shape)
  }

  /// Decodes the input of a seed in all ways and checks what comes of it. A trap or too much memory ends the process, which
  /// `FuzzWorker` notices.
  package func run(seed: UInt64) throws(FuzzFailure) -> Outcome {
    let (input, shape) = input(seed: seed)
    if isPlanted { trust(input) }
    func fail(_ rule: String) -> FuzzFailure { FuzzFailure(seed: seed, input: input, rule: rule) }

    // Diagnostics and the decoder agree on what is well-formed.
    let isWellFormed: Bool
    do {
      _ = try cborDiagnostic(input)
      isWellFormed = true
    } catch {
      isWellFormed = false
    }
    let value: FuzzValue?
    do {
      value = try CBORDecoder().decode(FuzzValue.self, from: input)
    } catch let error as CBORError {
      value = nil
      if error.isAboutForm == isWellFormed { throw fail("diagnostics and decoder disagree: \(error)") }
    } catch is DecodingError {
      value = nil
    } catch {
      throw fail("neither a CBORError nor a DecodingError: \(error)")
    }
    if let value {
      if !isWellFormed { throw fail("a value was decoded from malformed input") }
      if value.size > input.count { throw fail("\(value.size) items and bytes from \(input.count) bytes") }
    }

    // What was decoded has one encoding, which decodes to the same.
    var isMessage = false
    if let value, let once = try? CBOREncoder().encode(value) {
      let twice = try? CBOREncoder().encode(try CBORDecoder().decode(FuzzValue.self, from: once))
      if twice != once { throw fail("the encoding of what was decoded is not stable") }
    }
    for index in [shape, Int(seed % UInt64(corpus.shapes.count))] {
      do {
        let once = try corpus.shapes[index].reencode(input)
        isMessage = true
        if !isWellFormed { throw fail("a \(corpus.shapes[index].name) was decoded from malformed input") }
        if (try? corpus.shapes[index].reencode(once)) != once {
          throw fail("the encoding of a \(corpus.shapes[index].name) is not stable")
        }
      } catch let error as FuzzFailure {
        throw error
      } catch {}
    }
    return isMessage ? .message : isWellFormed ? .value : .malformed
  }

  /// What a decoder does that takes a claim for granted.
  private func trust(_ input: [UInt8]) {
    guard input.count > 5, let first = input.first, first & 0x1f == 26, first >> 5 == 4 else { return }
    let claim = input[1..<5].reduce(0) { $0 << 8 | Int($1) }
    var items: [UInt64] = []
    items.reserveCapacity(claim)
    items.append(1)
  }
}

extension CBORError {
  /// The bytes are not CBOR, or break a limit: nothing to do with a type.
  fileprivate var isAboutForm: Bool {
    switch self {
    case .truncated, .trailingBytes, .malformed, .tooDeep, .tooLarge: true
    default: false
    }
  }
}
