// The checksum of log records: XXH64, chained. Pure.

/// XXH64 over a record's bytes, with the checksum of the same partition's previous record as the seed, and 0 before the first.
/// So a record that changed, disappeared, moved or came from elsewhere does not fit its neighbors. It finds accidents, not
/// forgers.
package enum RecordChecksum {
  package static func hash(_ bytes: [UInt8], seed previous: UInt64) -> UInt64 {
    bytes.withUnsafeBytes { XXH64.hash($0, seed: previous) }
  }

  static func hash(_ bytes: UnsafeRawBufferPointer, seed previous: UInt64) -> UInt64 {
    XXH64.hash(bytes, seed: previous)
  }
}
