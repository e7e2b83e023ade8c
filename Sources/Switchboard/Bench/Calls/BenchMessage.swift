// What the benchmark of calls sends: a message like those of the domain, of a given size.
internal import CBOR

/// An interaction on its way through a queue, with a note that fills it up.
struct BenchMessage: Codable, Equatable, Sendable {
  var interaction = "3f9c1d2ab07e4c55"
  var queue = "support-es"
  var place: Int64 = 1_795_379_905_123
  var priority = 5
  var skills = ["es", "billing"]
  var note = ""

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case queue = 1
    case place = 2
    case priority = 3
    case skills = 4
    case note = 5
  }

  /// - Parameter bytes: of its CBOR.
  /// - Throws: `BenchFailure` when a message cannot be so short.
  init(bytes: Int) throws {
    let empty = try CBOREncoder().encode(self).count
    guard bytes >= empty else { throw BenchFailure("a message has at least \(empty) bytes") }
    note = String(repeating: "n", count: bytes - empty)
    // The length of a longer text takes more bytes.
    while try CBOREncoder().encode(self).count > bytes { note.removeLast() }
  }
}
