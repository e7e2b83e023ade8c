// The benchmark of the encoding: CBOR beside Foundation's JSON on the product's own messages, and the table.
internal import CBOR
internal import Foundation
internal import Posix

struct CodecBench {
  /// Measured turns of each; the fastest counts, as everything else on the machine only slows down.
  let rounds: Int
  let millisecondsPerRound: Double

  func run() throws {
    print("what                            bytes        encode, ns          decode, ns     ")
    print("                              CBOR  JSON   CBOR   JSON     ×   CBOR   JSON     ×")
    var ratios: [(carriesBytes: Bool, encode: Double, decode: Double)] = []
    for sample in try CodecBenchSample.all() {
      let result = try sample.measurement.run(rounds: rounds, seconds: millisecondsPerRound / 1e3)
      let (encode, decode) = (
        result.json.encode / result.cbor.encode, result.json.decode / result.cbor.decode
      )
      ratios.append((sample.carriesBytes, encode, decode))
      print(
        sample.name.padding(toLength: 29, withPad: " ", startingAt: 0)
          + String(
            format: "%5d %5d  %5.0f %6.0f %5.1f  %5.0f %6.0f %5.1f", result.cborBytes, result.jsonBytes,
            result.cbor.encode * 1e9, result.json.encode * 1e9, encode, result.cbor.decode * 1e9,
            result.json.decode * 1e9, decode))
    }
    summary("all", ratios.map { ($0.encode, $0.decode) })
    summary("without byte strings", ratios.filter { !$0.carriesBytes }.map { ($0.encode, $0.decode) })
  }

  private func summary(_ name: String, _ ratios: [(encode: Double, decode: Double)]) {
    func mean(_ values: [Double]) -> Double {
      exp(values.reduce(0) { $0 + log($1) } / Double(max(values.count, 1)))
    }
    print(
      "geometric mean, \(name): "
        + String(
          format: "encode %.1f ×, decode %.1f × (lowest %.1f and %.1f; aim: at least 5)",
          mean(ratios.map(\.encode)), mean(ratios.map(\.decode)), ratios.map(\.encode).min() ?? 0,
          ratios.map(\.decode).min() ?? 0))
  }
}

/// Seconds for one value, both ways.
struct CodecTimes {
  var encode = Double.infinity
  var decode = Double.infinity
}

struct CodecResult {
  var cbor = CodecTimes()
  var json = CodecTimes()
  var cborBytes = 0
  var jsonBytes = 0
}

protocol CodecMeasurement {
  func run(rounds: Int, seconds: Double) throws -> CodecResult
}

/// Encodes and decodes one value over and over, the two codings in turns.
struct ValueMeasurement<Value: Codable>: CodecMeasurement {
  let value: Value

  func run(rounds: Int, seconds: Double) throws -> CodecResult {
    let (encoder, decoder) = (CBOREncoder(), CBORDecoder())
    let (jsonEncoder, jsonDecoder) = (JSONEncoder(), JSONDecoder())
    let cbor = try encoder.encode(value)
    let json = try jsonEncoder.encode(value)
    // What comes back must be the value; else the times say nothing.
    guard try encoder.encode(decoder.decode(Value.self, from: cbor)) == cbor else {
      throw BenchFailure("\(Value.self) does not survive its encoding")
    }
    var result = CodecResult(cborBytes: cbor.count, jsonBytes: json.count)
    for _ in 0..<rounds {
      result.cbor.encode = min(result.cbor.encode, try time(seconds) { try encoder.encode(value).count })
      result.json.encode = min(result.json.encode, try time(seconds) { try jsonEncoder.encode(value).count })
      result.cbor.decode = min(
        result.cbor.decode, try time(seconds) { try kept(decoder.decode(Value.self, from: cbor)) })
      result.json.decode = min(
        result.json.decode, try time(seconds) { try kept(jsonDecoder.decode(Value.self, from: json)) })
    }
    return result
  }

  /// So that no optimizer drops a decoding whose value nobody uses.
  @inline(never)
  private func kept(_ value: Value) -> Int { MemoryLayout.size(ofValue: value) }

  /// Seconds of this thread's processor time for one turn of the body, over that many seconds.
  private func time(_ seconds: Double, _ body: () throws -> Int) throws -> Double {
    var (turns, sum) = (0, 0)
    let start = ProcessorTime.ofThread()
    var elapsed = 0.0
    repeat {
      for _ in 0..<64 { sum &+= try body() }
      turns += 64
      elapsed = ProcessorTime.ofThread() - start
    } while elapsed < seconds
    guard sum > 0 else { throw BenchFailure("\(Value.self) is empty") }
    return elapsed / Double(turns)
  }
}
