// The short way to the bytes of an entry gives the bytes that the encoder gives.
import CBOR
import NodeStore
import Raft
import Testing

@Suite struct EntryCodingTests {
  @Test(arguments: [0, 1, 23, 24, 255, 256, 65_535, 65_536, 70_000])
  func equalsTheEncoder(size: Int) throws {
    let numbers: [UInt64] = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, .max]
    let command = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    for (index, term) in zip(numbers, numbers.reversed()) {
      let entry = LogEntry(index: index, term: term, payload: .command(command))
      let expected = try CBOREncoder().encode(entry)
      var bytes: [UInt8] = []
      EntryCoding.append(index: index, term: term, command: command, to: &bytes)
      #expect(bytes == expected)
      #expect(bytes.withUnsafeBytes(EntryCoding.decode) == entry)
      #expect(bytes.dropLast().withUnsafeBytes(EntryCoding.decode) == nil)
      #expect((bytes + [0]).withUnsafeBytes(EntryCoding.decode) == nil)
    }
  }

  @Test func otherEntriesAreLeftToTheDecoder() throws {
    let payloads: [Payload] = [.empty, .membership(testMembership)]
    for payload in payloads {
      let bytes = try CBOREncoder().encode(LogEntry(index: 4, term: 2, payload: payload))
      #expect(bytes.withUnsafeBytes(EntryCoding.decode) == nil)
    }
    #expect([UInt8]().withUnsafeBytes(EntryCoding.decode) == nil)
  }
}
