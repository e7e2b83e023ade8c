// The frames that two processes greet each other with after TLS, and their bytes. Pure: touches nothing.

package import NIOCore

/// What is said before the first frame of the user. The dialer says `hello`, the acceptor answers `hello`,
/// the dialer says `ready`; either may say `reject` instead and close.
///
/// Bytes, all integers big-endian: magic "SWBP", kind (1 byte), then
/// - hello (1): newest version (2), oldest version (2), role (1), incarnation (8), cluster (length 1,
///   UTF-8), node (length 1, UTF-8); since version 2 greeting (length 4). Then the epoch (8), left
///   out while it is the first and nothing follows. Bytes after these belong to later versions and are skipped.
/// - ready (2): since version 2 greeting (length 4).
/// - reject (3): code (2), words (length 2, UTF-8); with the code for an earlier epoch the notice of the later one (length 4).
///
/// A greeting goes only to a peer that is known: the acceptor's in its answer, the dialer's in `ready`. The dialer's hello
/// has an empty one, so that every version can read it.
package enum HandshakeMessage: Hashable, Sendable {
  case hello(Hello)
  case ready(greeting: ByteBuffer)
  case reject(Rejection)

  package struct Hello: Hashable, Sendable {
    package var versions: ClosedRange<UInt16>
    package var identity: PeerIdentity
    package var greeting: ByteBuffer

    package init(
      versions: ClosedRange<UInt16> = HandshakeMessage.versions, identity: PeerIdentity,
      greeting: ByteBuffer = ByteBuffer()
    ) {
      self.versions = versions
      self.identity = identity
      self.greeting = greeting
    }
  }

  /// The protocol versions that this build speaks. Two builds use the newest that both speak.
  package static let versions: ClosedRange<UInt16> = 2...2
  /// No message is longer, apart from the greeting in it.
  package static let maximumBytes = 1024
  package static let maximumGreetingBytes = 64 << 10
  private static let magic: UInt32 = 0x5357_4250
  private static let maximumWords = 512

  package struct Malformed: Error, Equatable {
    package var detail: String
  }

  /// The payload of the frame.
  package func encoded() -> ByteBuffer {
    var out = ByteBufferAllocator().buffer(capacity: 160)
    out.writeInteger(Self.magic)
    switch self {
    case .hello(let hello):
      out.writeInteger(UInt8(1))
      out.writeInteger(hello.versions.upperBound)
      out.writeInteger(hello.versions.lowerBound)
      out.writeInteger(UInt8(hello.identity.role == .node ? 1 : 2))
      out.writeInteger(hello.identity.incarnation)
      for text in [hello.identity.cluster, hello.identity.node.rawValue] {
        let bytes = text.utf8.prefix(255)
        out.writeInteger(UInt8(bytes.count))
        out.writeBytes(bytes)
      }
      // Version 1 ended here.
      if hello.versions.upperBound > 1 {
        Self.write(hello.greeting, to: &out)
        // Of the first epoch are also those that do not know of epochs.
        if hello.identity.epoch != PeerIdentity.firstEpoch { out.writeInteger(hello.identity.epoch) }
      }
    case .ready(let greeting):
      out.writeInteger(UInt8(2))
      Self.write(greeting, to: &out)
    case .reject(let rejection):
      out.writeInteger(UInt8(3))
      out.writeInteger(rejection.code.rawValue)
      let bytes = rejection.words.utf8.prefix(Self.maximumWords)
      out.writeInteger(UInt16(bytes.count))
      out.writeBytes(bytes)
      if rejection.code == .earlierEpoch { Self.write(rejection.notice ?? ByteBuffer(), to: &out) }
    }
    return out
  }

  package init(decoding payload: ByteBuffer) throws(Malformed) {
    var input = payload
    guard input.readInteger(as: UInt32.self) == Self.magic else {
      throw Malformed(detail: "no greeting: the first bytes are not those of a switchboard process")
    }
    switch input.readInteger(as: UInt8.self) {
    case 1: self = .hello(try Self.hello(&input))
    case 2: self = .ready(greeting: try Self.greeting(&input))
    case 3: self = .reject(try Self.rejection(&input))
    case let kind: throw Malformed(detail: "unknown kind of greeting: \(kind.map(String.init) ?? "none")")
    }
  }

  private static func hello(_ input: inout ByteBuffer) throws(Malformed) -> Hello {
    guard
      let newest = input.readInteger(as: UInt16.self), let oldest = input.readInteger(as: UInt16.self),
      let role = input.readInteger(as: UInt8.self), let incarnation = input.readInteger(as: UInt64.self)
    else { throw Malformed(detail: "the hello is cut short") }
    guard oldest <= newest else { throw Malformed(detail: "the hello's versions are the wrong way around") }
    guard let peerRole: PeerRole = role == 1 ? .node : role == 2 ? .client : nil else {
      throw Malformed(detail: "the hello has the unknown role \(role)")
    }
    let cluster = try name(&input)
    let node = try name(&input)
    let greeting = newest > 1 ? try greeting(&input) : ByteBuffer()
    var identity = PeerIdentity(
      cluster: cluster.rawValue, node: node, incarnation: incarnation, role: peerRole)
    if newest > 1, let epoch = input.readInteger(as: UInt64.self) { identity.epoch = epoch }
    return Hello(versions: oldest...newest, identity: identity, greeting: greeting)
  }

  private static func write(_ greeting: ByteBuffer, to out: inout ByteBuffer) {
    let bytes = greeting.getSlice(
      at: greeting.readerIndex, length: min(greeting.readableBytes, maximumGreetingBytes))
    out.writeInteger(UInt32(bytes?.readableBytes ?? 0))
    out.writeImmutableBuffer(bytes ?? ByteBuffer())
  }

  private static func greeting(_ input: inout ByteBuffer) throws(Malformed) -> ByteBuffer {
    // Version 1 had none.
    guard input.readableBytes > 0 else { return ByteBuffer() }
    guard let length = input.readInteger(as: UInt32.self), length <= maximumGreetingBytes,
      let bytes = input.readSlice(length: Int(length))
    else {
      throw Malformed(detail: "the greeting is cut short, or over the limit of \(maximumGreetingBytes)")
    }
    return bytes
  }

  private static func name(_ input: inout ByteBuffer) throws(Malformed) -> NodeID {
    guard let length = input.readInteger(as: UInt8.self), let bytes = input.readBytes(length: Int(length))
    else {
      throw Malformed(detail: "the hello is cut short")
    }
    guard let text = String(validating: bytes, as: UTF8.self), let name = NodeID(validating: text) else {
      throw Malformed(detail: "the hello has an invalid name")
    }
    return name
  }

  private static func rejection(_ input: inout ByteBuffer) throws(Malformed) -> Rejection {
    guard
      let code = input.readInteger(as: UInt16.self), let length = input.readInteger(as: UInt16.self),
      Int(length) <= maximumWords, let bytes = input.readBytes(length: Int(length))
    else { throw Malformed(detail: "the rejection is cut short") }
    // The words go into our log: nothing but printable text gets through.
    let printable = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
      !$0.properties.isWhitespace || $0 == " "
    }
    .filter { $0.properties.generalCategory != .control && $0.properties.generalCategory != .format }
    var rejection = Rejection(
      code: Rejection.Code(rawValue: code), words: String(String.UnicodeScalarView(printable)))
    if rejection.code == .earlierEpoch { rejection.notice = try greeting(&input) }
    return rejection
  }
}
