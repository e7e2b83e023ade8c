// The named hash gives the published values.
import NodeStore
import Testing

@Suite struct RecordChecksumTests {
  @Test(
    arguments: [
      ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
    ] as [(String, UInt64)])
  func text(_ text: String, _ expected: UInt64) {
    #expect(RecordChecksum.hash(Array(text.utf8), seed: 0) == expected)
  }

  /// The self-test of the reference implementation: every branch (below 4, 8, 32 bytes and above), with two seeds.
  @Test(
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
      (1, 0, 0x4FCE_394C_C889_52D8), (1, 2_654_435_761, 0x7398_40CB_819F_A723),
      (14, 0, 0xCFFA_8DB8_81BC_3A3D), (14, 2_654_435_761, 0x5B96_1158_5EFC_C9CB),
      (101, 0, 0x0EAB_5433_84F8_78AD), (101, 2_654_435_761, 0xCAA6_5939_306F_1E21),
    ] as [(Int, UInt64, UInt64)])
  func selfTest(_ count: Int, _ seed: UInt64, _ expected: UInt64) {
    var generator: UInt32 = 2_654_435_761
    let bytes = (0..<count).map { _ in
      defer { generator = generator &* generator }
      return UInt8(generator >> 24)
    }
    #expect(RecordChecksum.hash(bytes, seed: seed) == expected)
  }
}
