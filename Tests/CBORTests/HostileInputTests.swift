// Input meant to harm: bombs of length and depth, malformed bytes, mutated messages. Nothing may crash, hang or hoard.

import CBOR
import Testing

@Suite struct HostileInputTests {
  @Test(arguments: [
    "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff",
    "9b7fffffffffffffff", "bb7fffffffffffffff", "bb8000000000000000", "5b7fffffffffffffff", "9affffffff00",
    "bb4000000000000000", "825bffffffffffffffff", "9f9bffffffffffffffff", "bf5b8000000000000000",
    "a10182", "81", "a1", "a101", "18", "19ff", "1a010203", "1b01020304050607", "f8", "f97e", "c1", "41",
    "6261",
    "9f", "9f01", "bf", "bf01", "5f", "5f41", "7f", "",
  ])
  func claimsBeyondTheInputAreTruncations(_ text: String) {
    let input = bytes(hex: text)
    for error in errors(input) {
      guard case .truncated(let offset) = error else {
        Issue.record("\(text): \(error)")
        continue
      }
      #expect((0...input.count).contains(offset))
    }
  }

  @Test(arguments: [
    ("1c", CBORMalformation.reservedInformation, 0), ("fd", .reservedInformation, 0),
    ("811e", .reservedInformation, 1), ("1f", .indefiniteNotAllowed, 0), ("3f", .indefiniteNotAllowed, 0),
    ("df00", .indefiniteNotAllowed, 0), ("ff", .unexpectedBreak, 0), ("81ff", .unexpectedBreak, 1),
    ("9fc1ffff", .unexpectedBreak, 2), ("a1ff00", .unexpectedBreak, 1), ("bf01ff", .keyWithoutValue, 2),
    ("5f6161ff", .wrongChunk, 1), ("7f4161ff", .wrongChunk, 1), ("5f5f4101ffff", .wrongChunk, 1),
    ("5f01ff", .wrongChunk, 1), ("f800", .invalidSimpleValue, 0), ("f81f", .invalidSimpleValue, 0),
    ("f818", .invalidSimpleValue, 0), ("61ff", .invalidUTF8, 0), ("62c080", .invalidUTF8, 0),
    ("63eda080", .invalidUTF8, 0), ("64f4908080", .invalidUTF8, 0), ("63e08080", .invalidUTF8, 0),
    ("64f0808080", .invalidUTF8, 0), ("61c3", .invalidUTF8, 0), ("7f61c361bcff", .invalidUTF8, 1),
    ("8262c3bc62e6b0", .invalidUTF8, 4), ("a161ff01", .invalidUTF8, 1),
  ])
  func malformedBytesAreNamed(_ text: String, _ malformation: CBORMalformation, _ offset: Int) {
    for error in errors(bytes(hex: text)) {
      #expect(error == .malformed(malformation, at: offset), "\(text)")
    }
    // The offset counts from the start of a slice.
    let slice = ([0, 0, 0] + bytes(hex: text))[3...]
    #expect(throws: CBORError.malformed(malformation, at: offset)) {
      try CBORDecoder().decode(Item.self, from: slice)
    }
  }

  @Test func everyScalarAndEveryBrokenPairOfUTF8() throws {
    for value in stride(from: UInt32(0), through: 0x10_ffff, by: 61) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(Character(scalar))
      let decoded = try CBORDecoder().decode(String.self, from: CBOREncoder().encode(text))
      #expect(decoded.unicodeScalars.first == scalar)
    }
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let text: [UInt8] = [first, second, 0x80, 0x80]
        let isValid = String(validating: text, as: UTF8.self) != nil
        let isAccepted = (try? CBORDecoder().decode(String.self, from: [0x64] + text)) != nil
        if isValid != isAccepted { Issue.record("\(text) valid \(isValid) accepted \(isAccepted)") }
      }
    }
  }

  @Test func trailingBytes() {
    for error in errors(bytes(hex: "820102f6")) { #expect(error == .trailingBytes(at: 3)) }
  }

  @Test(arguments: ["81", "a100", "9f", "bf00", "c1", "d818", "9bf000000000000000"])
  func depthBombs(_ opening: String) {
    let bomb = Array(repeatElement(bytes(hex: opening), count: 100_000).joined())
    for error in errors(bomb) {
      switch error {
      case .tooDeep(limit: 64, _), .truncated(at: 0): break
      default: Issue.record("\(opening): \(error)")
      }
    }
  }

  @Test func theDepthLimitIsExact() throws {
    let input = [UInt8](repeating: 0x81, count: 10) + [0x00]
    #expect(try CBORDecoder(limits: CBORLimits(maximumDepth: 10)).decode(Item.self, from: input) != .null)
    #expect(throws: CBORError.tooDeep(limit: 9, at: 9)) {
      try CBORDecoder(limits: CBORLimits(maximumDepth: 9)).decode(Item.self, from: input)
    }
    // Also for empty ones and tags, and the limit itself has limits.
    #expect(throws: CBORError.tooDeep(limit: 1, at: 1)) {
      try CBORDecoder(limits: CBORLimits(maximumDepth: 1)).decode(Item.self, from: [0x81, 0x80])
    }
    #expect(throws: CBORError.tooDeep(limit: 1, at: 1)) {
      try CBORDecoder(limits: CBORLimits(maximumDepth: 0)).decode(Item.self, from: [0xc1, 0xc1, 0])
    }
    let deepest = CBORLimits(maximumDepth: .max)
    #expect(deepest.maximumDepth == 256)
    let deep = [UInt8](repeating: 0x81, count: 256) + [0x00]
    #expect(try CBORDecoder(limits: deepest).decode(Item.self, from: deep) != .null)
    let indefinite = [UInt8](repeating: 0x9f, count: 256) + [UInt8](repeating: 0xff, count: 256)
    #expect(try CBORDecoder(limits: deepest).decode(Item.self, from: indefinite) != .null)
  }

  @Test func theByteLimitIsExact() throws {
    let input = [0x58, 98] + [UInt8](repeating: 0, count: 98)
    #expect(
      try CBORDecoder(limits: CBORLimits(maximumBytes: 100)).decode([UInt8].self, from: input).count == 98)
    #expect(throws: CBORError.tooLarge(bytes: 100, limit: 99)) {
      try CBORDecoder(limits: CBORLimits(maximumBytes: 99)).decode([UInt8].self, from: input)
    }
  }

  /// Cost grows with the input only: deep and wide at once, many keys, all of them in the worst order.
  @Test func largeInputsTakeLinearTime() throws {
    let started = ContinuousClock.now
    // 60 nested arrays around many elements.
    let wide =
      [UInt8](repeating: 0x81, count: 60) + [0x99, 0x75, 0x30]
      + [UInt8](repeating: 0, count: 30_000)
    _ = try CBORDecoder().decode(Item.self, from: wide)
    var keys: [UInt8] = [0xb9, 0x75, 0x30]
    for key in (0..<30_000).reversed() { keys += [0x19, UInt8(key >> 8), UInt8(key & 0xff), 0x00] }
    #expect(try CBORDecoder().decode([Int: Int].self, from: keys).count == 30_000)
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  /// The errors of all ways to read an input, which must all refuse it.
  private func errors(_ input: [UInt8]) -> [CBORError] {
    var found: [CBORError] = []
    do {
      _ = try CBORDecoder().decode(Item.self, from: input)
      Issue.record("accepted \(hex(Array(input.prefix(20))))")
    } catch let error as CBORError {
      found.append(error)
    } catch {
      Issue.record("\(error)")
    }
    do {
      _ = try cborDiagnostic(input)
      Issue.record("accepted \(hex(Array(input.prefix(20))))")
    } catch let error as CBORError {
      found.append(error)
    } catch {
      Issue.record("\(error)")
    }
    return found
  }
}
