// Types that are coded field by field, without the containers of `Codable`: for messages of the hot paths.

/// A type whose fields have numbers, written and read by hand.
///
/// It is `Codable` by that, with any encoder and decoder. The bytes are those that the compiler's own conformance gives with the
/// same numbers as coding keys, and what that reads is read alike: in any order, with unknown fields skipped, with keys as text.
/// With our own encoder and decoder it costs less, because nothing generic is made for it.
///
/// Write fields in ascending order of their numbers; any other order is sorted afterwards. Read them in that order too: any other
/// costs an index of the map.
public protocol CBORFields: Codable {
  /// The names of the fields, by their numbers: for errors, and for formats that know no numbers. `CodingKeys.self`, usually.
  static var fieldNames: any CodingKey.Type { get }
  init(fields: CBORFieldReader) throws
  func write(to fields: CBORFieldWriter) throws
}

extension CBORFields {
  public init(from decoder: any Decoder) throws {
    try self.init(fields: try CBORFieldReader(decoder, Self.fieldNames))
  }

  public func encode(to encoder: any Encoder) throws {
    try write(to: CBORFieldWriter(encoder, Self.fieldNames))
  }
}

/// A field where numbers do not do.
private struct FieldKey: CodingKey {
  let number: Int
  let names: any CodingKey.Type

  init(_ number: Int, _ names: any CodingKey.Type) {
    self.number = number
    self.names = names
  }

  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
  var intValue: Int? { number }
  var stringValue: String { names.init(intValue: number)?.stringValue ?? String(number) }
}

/// The fields of one value, for its `init(fields:)` only.
public struct CBORFieldReader {
  private let session: DecodingSession?
  private let map: MapPlace
  /// What reads where the decoder is another one.
  private let general: OtherDecoder?
  private let names: any CodingKey.Type

  fileprivate init(_ decoder: any Decoder, _ names: any CodingKey.Type) throws {
    self.names = names
    guard let item = ours(decoder) else {
      (session, map) = (nil, MapPlace(start: 0, level: 0))
      general = OtherDecoder(try decoder.container(keyedBy: FieldKey.self))
      return
    }
    try item.expect(.map, as: [String: Any].self)
    (session, general) = (item.session, nil)
    map = MapPlace(start: item.index, level: item.depth)
    try item.session.begin(map, names)
  }

  // Written out because a generic method is not specialized where another module calls it.
  public func read(_ field: Int) throws -> String { try scalar(field) }
  public func read(_ field: Int) throws -> Int { try scalar(field) }
  public func read(_ field: Int) throws -> Int64 { try scalar(field) }
  public func read(_ field: Int) throws -> UInt64 { try scalar(field) }
  public func read(_ field: Int) throws -> Bool { try scalar(field) }
  public func read(_ field: Int) throws -> [UInt8] { try scalar(field) }

  /// - Throws: `DecodingError` without such a field, and for one that is no `T`.
  public func read<T: Decodable>(_ field: Int) throws -> T {
    guard let session else { return try other().decode(T.self, forKey: FieldKey(field, names)) }
    return try session.decode(T.self, at: try place(of: field, session), depth: map.level + 1)
  }

  /// Nil without such a field, and for one that is null.
  public func readIfPresent<T: Decodable>(_ field: Int) throws -> T? {
    guard let session else { return try other().decodeIfPresent(T.self, forKey: FieldKey(field, names)) }
    guard let index = try session.value(of: field, in: map, names), !session.input.isNil(at: index) else {
      return nil
    }
    return try session.decode(T.self, at: index, depth: map.level + 1)
  }

  @inline(__always)
  private func scalar<V: WireScalar & Decodable>(_ field: Int) throws -> V {
    guard let session else { return try other().decode(V.self, forKey: FieldKey(field, names)) }
    return try session.read(at: try place(of: field, session), depth: map.level + 1)
  }

  private func other() throws(CBORError) -> KeyedDecodingContainer<FieldKey> {
    guard let general else { throw .decoderMisuse }
    return general.container
  }

  @inline(__always)
  private func place(of field: Int, _ session: DecodingSession) throws -> Int {
    guard let index = try session.value(of: field, in: map, names) else {
      let key = FieldKey(field, names)
      throw DecodingError.keyNotFound(
        key,
        .init(
          codingPath: session.codingPath(map.level),
          debugDescription: "the map has no \"\(key.stringValue)\""))
    }
    return index
  }
}

/// Where the fields of one value go, for its `write(to:)` only.
public struct CBORFieldWriter {
  private let buffer: EncodingBuffer?
  private let frame: UInt64
  /// What writes where the encoder is another one.
  private let general: OtherEncoder?
  private let names: any CodingKey.Type

  fileprivate init(_ encoder: any Encoder, _ names: any CodingKey.Type) {
    self.names = names
    guard let item = ours(encoder) else {
      (buffer, frame) = (nil, 0)
      general = OtherEncoder(encoder.container(keyedBy: FieldKey.self))
      return
    }
    (buffer, frame, general) = (item.buffer, item.frame, nil)
    item.buffer.become(.map, frame: item.frame, keyType: names)
  }

  public func write(_ value: String, _ field: Int) throws {
    guard let target = try entry(field) else { return try other(value, field) }
    target.bytes.appendText(value)
  }
  public func write(_ value: Int, _ field: Int) throws {
    guard let target = try entry(field) else { return try other(value, field) }
    target.bytes.appendSigned(Int64(value))
  }
  public func write(_ value: Int64, _ field: Int) throws {
    guard let target = try entry(field) else { return try other(value, field) }
    target.bytes.appendSigned(value)
  }
  public func write(_ value: UInt64, _ field: Int) throws {
    guard let target = try entry(field) else { return try other(value, field) }
    target.bytes.appendUnsigned(value)
  }
  public func write(_ value: Bool, _ field: Int) throws {
    guard let target = try entry(field) else { return try other(value, field) }
    target.bytes.appendBool(value)
  }
  public func write(_ value: [UInt8], _ field: Int) throws {
    guard let target = try entry(field) else { return try other(value, field) }
    target.bytes.appendBytes(value)
  }

  /// - Throws: what the value's own `encode(to:)` throws; nothing of the field stays then.
  public func write<T: Encodable>(_ value: T, _ field: Int) throws {
    guard let buffer else { return try other(value, field) }
    let target = try buffer.target(frame)
    let start = target.bytes.count
    target.beginEntry(number: field)
    try target.appendValue(value, ofEntryAt: start)
  }

  /// Leaves the field out for nil.
  public func writeIfPresent<T: Encodable>(_ value: T?, _ field: Int) throws {
    if let value { try write(value, field) }
  }

  /// Begins a field and returns the buffer that its value goes to.
  @inline(__always)
  private func entry(_ field: Int) throws -> EncodingBuffer? {
    guard let buffer else { return nil }
    let target = try buffer.target(frame)
    target.beginEntry(number: field)
    return target
  }

  private func other(_ value: some Encodable, _ field: Int) throws {
    try general?.container.encode(value, forKey: FieldKey(field, names))
  }
}

/// Apart, so that the usual way pays for one reference that is nil.
private final class OtherDecoder {
  let container: KeyedDecodingContainer<FieldKey>
  init(_ container: KeyedDecodingContainer<FieldKey>) { self.container = container }
}

private final class OtherEncoder {
  var container: KeyedEncodingContainer<FieldKey>
  init(_ container: KeyedEncodingContainer<FieldKey>) { self.container = container }
}

/// The decoder itself, where it is ours: a dynamic cast takes as long as two fields.
@inline(__always)
private func ours<D: Decoder>(_ decoder: D) -> ItemDecoder? {
  D.self == ItemDecoder.self ? same(decoder) : nil
}

@inline(__always)
private func ours<E: Encoder>(_ encoder: E) -> ItemEncoder? {
  E.self == ItemEncoder.self ? same(encoder) : nil
}
