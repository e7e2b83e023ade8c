// XXH64 against published values. Placement of every actor and every derived id depend on it.
import NodeStore
import Testing

@Suite struct XXH64Tests {
  private static let seed: UInt64 = 2_654_435_761

  /// The test buffer of xxHash's own sanity check (cli/xsum_sanity_check.c).
  private static func sanityBuffer(_ count: Int) -> [UInt8] {
    var generator = seed
    return (0..<count).map { _ in
      defer { generator &*= 11_400_714_785_074_694_797 }
      return UInt8(generator >> 56)
    }
  }

  /// From the same file: length, seed, result.
  @Test(
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, seed, 0xAC75_FDA2_929B_17EF),
      (1, 0, 0xE934_A84A_DB05_2768), (1, seed, 0x5014_6076_43A9_B4C3),
      (4, 0, 0x9136_A0DC_A574_57EE),
      (14, 0, 0x8282_DCC4_994E_35C8), (14, seed, 0xC3BD_6BF6_3DEB_6DF0),
      (222, 0, 0xB641_AE8C_B691_C174), (222, seed, 0x20CB_8AB7_AE10_C14A),
    ] as [(Int, UInt64, UInt64)])
  func sanityCheckOfTheReference(length: Int, seed: UInt64, expected: UInt64) {
    #expect(XXH64.hash(Self.sanityBuffer(length), seed: seed) == expected)
  }

  /// Bytes 0, 1, … 250, 0, … hashed with the reference implementation: around every border of 4, 8 and 32 bytes.
  @Test(
    arguments: [
      (1, 0xE934_A84A_DB05_2768), (3, 0xE5C7_BB45_33BC_65DD), (4, 0xFFCE_D860_4453_CC1E),
      (7, 0x14CC_643F_630C_72D2), (8, 0x884A_1736_14B8_1B8D), (15, 0xA948_F5F0_F6AB_AC2D),
      (16, 0x44B6_EF2F_B841_69F7), (31, 0xC346_D2B5_9B4D_8EE1), (32, 0xCBF5_9C51_16FF_32B4),
      (33, 0x0C53_5D1A_CAFB_8EAD), (63, 0xE26A_A9E2_A95F_8E4F), (64, 0xF7C6_7301_DB67_13F0),
      (65, 0xC31E_B63B_2AE4_465B), (255, 0x566D_96B8_32B9_67C1), (256, 0xF339_4434_3EE8_5824),
      (1000, 0xF306_F04A_A88B_54D3),
    ] as [(Int, UInt64)])
  func bordersOfBlocks(length: Int, expected: UInt64) {
    #expect(XXH64.hash((0..<length).map { UInt8($0 % 251) }) == expected)
  }

  @Test(
    arguments: [
      ("a", 0, 0xD24E_C4F1_A98C_6E5B), ("abc", 0, 0x44BC_2CF5_AD77_0999),
      ("message digest", 0, 0x066E_D728_FCEE_B3BE),
      ("abcdefghijklmnopqrstuvwxyz", 0, 0xCFE1_F278_FA89_835C),
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 0, 0xAAA4_6907_D304_7814),
      ("xxhash", 0, 0x32DD_3895_2C4B_C720), ("xxhash", 20_141_025, 0xB559_B98D_844E_0635),
      ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
      ("Nobody inspects the spammish repetition", seed, 0x56DB_22DD_5B05_1147),
      ("abc", seed, 0x1318_DF30_094A_85FD),
    ] as [(String, UInt64, UInt64)])
  func texts(text: String, seed: UInt64, expected: UInt64) {
    #expect(XXH64.hash(text.utf8, seed: seed) == expected)
  }
}
