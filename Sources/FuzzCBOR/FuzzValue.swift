// Any CBOR value as a Swift value, which counts what it took: a shape that every input fits. Pure.

/// A key of any kind.
struct FuzzKey: CodingKey, Hashable {
  var stringValue: String
  var intValue: Int?
  init(stringValue: String) { self.stringValue = stringValue }
  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }
}

/// Decodes whatever it meets, and encodes it again.
indirect enum FuzzValue: Codable {
  case null, bool(Bool), integer(Int64), unsigned(UInt64), double(Double), text(String), bytes([UInt8])
  case array([FuzzValue])
  case map([(FuzzKey, FuzzValue)])

  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? single.decode(String.self) {
      self = .text(value)
    } else if let map = try? decoder.container(keyedBy: FuzzKey.self) {
      // In the map's order or against it, so that both ways to a key are used.
      let keys = map.allKeys
      let order = keys.count.isMultiple(of: 2) ? keys : keys.reversed()
      self = .map(try order.map { ($0, try map.decode(FuzzValue.self, forKey: $0)) })
    } else if var array = try? decoder.unkeyedContainer() {
      var items: [FuzzValue] = []
      while !array.isAtEnd { items.append(try array.decode(FuzzValue.self)) }
      self = .array(items)
    } else if let value = try? single.decode([UInt8].self) {
      self = .bytes(value)
    } else if let value = try? single.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? single.decode(Double.self) {
      self = .double(value)
    } else {
      self = .unsigned(try single.decode(UInt64.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .array(let items):
      var array = encoder.unkeyedContainer()
      for item in items { try array.encode(item) }
    case .map(let items):
      var map = encoder.container(keyedBy: FuzzKey.self)
      for (key, item) in items { try map.encode(item, forKey: key) }
    default:
      var single = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try single.encode(value)
      case .integer(let value): try single.encode(value)
      case .unsigned(let value): try single.encode(value)
      case .double(let value): try single.encode(value)
      case .text(let value): try single.encode(value)
      case .bytes(let value): try single.encode(value)
      case .null, .array, .map: try single.encodeNil()
      }
    }
  }

  /// Items and bytes of strings that it holds. Each stands in the input, so there are never more than it has bytes.
  var size: Int {
    switch self {
    case .null, .bool, .integer, .unsigned, .double: 1
    case .text(let text): 1 + text.utf8.count
    case .bytes(let bytes): 1 + bytes.count
    case .array(let items): items.reduce(1) { $0 + $1.size }
    case .map(let items): items.reduce(1) { $0 + 1 + $1.1.size }
    }
  }
}
