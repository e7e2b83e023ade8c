// What a system may be called with, as it greets its peers: values and their bytes. Pure.
package import NIOCore
internal import NodeStore

/// One method that the wire may call. Its place in the table is its number on the wire.
package struct MethodDescription: Hashable, Sendable {
  package var type: String
  package var method: String
  /// Two systems understand each other on a method when their hashes are equal.
  package var hash: UInt64

  /// - Parameter version: raised when a change of the argument, the reply or the meaning cannot be read by the other side.
  ///   Fields that are added and may be missing are no such change: unknown ones are skipped.
  package init(type: String, method: String, version: UInt32) {
    self.type = type
    self.method = method
    hash = XXH64.hash("\(type).\(method)#\(version)".utf8)
  }

  fileprivate init(type: String, method: String, hash: UInt64) {
    self.type = type
    self.method = method
    self.hash = hash
  }
}

/// The greeting of the call layer: the methods of this system and how much it lets a peer have under way.
///
/// Bytes, big-endian: format 1 (1), window (4), number of methods (2), then for each: type and method (length 1 and UTF-8
/// each), hash (8); features (1, missing for none). What follows belongs to later versions and is skipped.
package struct CallGreeting: Equatable, Sendable {
  package static let format: UInt8 = 1
  package static let maximumMethods = Int(UInt16.max)

  /// Bytes of calls that the peer may have under way at once, as `CallCost` counts them.
  package var window: UInt32
  package var methods: [MethodDescription]
  /// What else it understands; bits that a version does not know mean nothing to it.
  package var features: UInt8

  /// It asks a leader on behalf of a caller that does not reach it: the flag `relay` of a call.
  package static let relays: UInt8 = 1

  package init(window: UInt32, methods: [MethodDescription], features: UInt8 = 0) {
    self.window = window
    self.methods = methods
    self.features = features
  }

  package func encoded() -> ByteBuffer {
    var out = ByteBuffer()
    out.writeInteger(Self.format)
    out.writeInteger(window)
    out.writeInteger(UInt16(truncatingIfNeeded: methods.count))
    for method in methods {
      for text in [method.type, method.method] {
        out.writeInteger(UInt8(truncatingIfNeeded: text.utf8.count))
        out.writeString(text)
      }
      out.writeInteger(method.hash)
    }
    if features != 0 { out.writeInteger(features) }
    return out
  }

  package init(decoding bytes: ByteBuffer) throws(CallFrameError) {
    var input = bytes
    guard let format = input.readInteger(as: UInt8.self), format == Self.format else {
      throw CallFrameError("a greeting of an unknown format")
    }
    guard let window = input.readInteger(as: UInt32.self), let count = input.readInteger(as: UInt16.self)
    else { throw CallFrameError("a greeting that is cut short") }
    var methods: [MethodDescription] = []
    for _ in 0..<count {
      guard let type = Self.text(&input), let method = Self.text(&input),
        let hash = input.readInteger(as: UInt64.self)
      else { throw CallFrameError("a greeting that is cut short") }
      methods.append(MethodDescription(type: type, method: method, hash: hash))
    }
    self.init(window: window, methods: methods, features: input.readInteger(as: UInt8.self) ?? 0)
  }

  private static func text(_ input: inout ByteBuffer) -> String? {
    guard let length = input.readInteger(as: UInt8.self), let bytes = input.readBytes(length: Int(length))
    else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Why this cannot be said; nil when it can.
  package var problem: String? {
    if methods.count > Self.maximumMethods { return "at most \(Self.maximumMethods) methods can be called" }
    for method in methods {
      for text in [method.type, method.method] where text.isEmpty || text.utf8.count > 255 {
        return "the name '\(text)' of an actor type or method must have 1 to 255 bytes"
      }
    }
    return nil
  }
}
