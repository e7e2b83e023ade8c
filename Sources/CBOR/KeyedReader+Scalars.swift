// A map's scalars, one method for each type that `KeyedDecodingContainerProtocol` names. Reads the input only.

// Written out because a generic method of a generic type is not specialized where the standard library calls it.
extension KeyedReader {
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try session.read(at: try place(of: key), depth: map.level + 1)
  }
}

extension KeyedReader {
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
  func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
    try session.readIfPresent(at: try placeIfPresent(of: key), depth: map.level + 1)
  }
}
