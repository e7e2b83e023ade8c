// XXH64, the named hash of actor keys: pure. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md

/// The 64-bit xxHash. Not cryptographic. Placement of every actor depends on it, so its outputs are pinned by
/// golden vectors; it must never change within a cluster's life.
public enum XXH64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  public static func hash(_ input: some Sequence<UInt8>, seed: UInt64 = 0) -> UInt64 {
    let bytes = Array(input)
    var offset = 0
    var accumulator: UInt64
    if bytes.count >= 32 {
      var lanes = [seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1]
      while offset + 32 <= bytes.count {
        for lane in 0..<4 {
          lanes[lane] = round(lanes[lane], little64(bytes, offset + lane * 8))
        }
        offset += 32
      }
      accumulator =
        rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
      for lane in lanes {
        accumulator = (accumulator ^ round(0, lane)) &* prime1 &+ prime4
      }
    } else {
      accumulator = seed &+ prime5
    }
    accumulator &+= UInt64(bytes.count)
    while offset + 8 <= bytes.count {
      accumulator ^= round(0, little64(bytes, offset))
      accumulator = rotate(accumulator, 27) &* prime1 &+ prime4
      offset += 8
    }
    if offset + 4 <= bytes.count {
      accumulator ^= little32(bytes, offset) &* prime1
      accumulator = rotate(accumulator, 23) &* prime2 &+ prime3
      offset += 4
    }
    while offset < bytes.count {
      accumulator ^= UInt64(bytes[offset]) &* prime5
      accumulator = rotate(accumulator, 11) &* prime1
      offset += 1
    }
    accumulator ^= accumulator >> 33
    accumulator &*= prime2
    accumulator ^= accumulator >> 29
    accumulator &*= prime3
    return accumulator ^ (accumulator >> 32)
  }

  private static func round(_ accumulator: UInt64, _ lane: UInt64) -> UInt64 {
    rotate(accumulator &+ lane &* prime2, 31) &* prime1
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    (value << count) | (value >> (64 - count))
  }

  private static func little64(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    little32(bytes, offset) | (little32(bytes, offset + 4) << 32)
  }

  private static func little32(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    UInt64(bytes[offset]) | UInt64(bytes[offset + 1]) << 8 | UInt64(bytes[offset + 2]) << 16
      | UInt64(bytes[offset + 3]) << 24
  }
}
