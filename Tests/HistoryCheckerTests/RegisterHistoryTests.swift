// Registers and key-value stores: the classic anomalies, made by hand.
import HistoryChecker
import Testing

@Suite struct RegisterHistoryTests {
  @Test func aStaleReadIsRefused() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.run(1, "write", 2)
    recording.run(2, "read", gives: 1)
    #expect(try recording.rules(.register) == [.notLinearizable])
  }

  @Test func aReadDuringAWriteMayGiveEither() throws {
    for seen in [1, 2] as [JSONValue] {
      var recording = Recording()
      recording.run(1, "write", 1)
      recording.invoke(1, "write", 2)
      recording.run(2, "read", gives: seen)
      recording.end(1)
      #expect(try recording.verdict(.register) == .ok)
    }
  }

  @Test func aValueDoesNotComeBack() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.invoke(1, "write", 2)
    recording.run(2, "read", gives: 2)
    recording.run(3, "read", gives: 1)
    recording.end(1)
    #expect(try recording.rules(.register) == [.notLinearizable])
  }

  @Test func aReadFromTheFutureIsRefused() throws {
    var recording = Recording()
    recording.run(1, "read", gives: 7)
    recording.run(2, "write", 7)
    #expect(try recording.rules(.register) == [.notLinearizable])
  }

  @Test func aLostUpdateIsRefused() throws {
    var recording = Recording()
    recording.run(1, "add", 1, gives: 1)
    recording.invoke(1, "add", 1)
    recording.invoke(2, "add", 1)
    recording.end(1, 2)
    recording.end(2, 2)
    #expect(try recording.rules(.register) == [.notLinearizable])
  }

  @Test func twoSwapsFromOneValueAreRefused() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.invoke(1, "cas", [1, 2])
    recording.invoke(2, "cas", [1, 3])
    recording.end(1, true)
    recording.end(2, true)
    #expect(try recording.rules(.register) == [.notLinearizable])
  }

  @Test func aFailedSwapNeedsAnotherValue() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.run(1, "cas", [1, 2], gives: false)
    #expect(try recording.rules(.register) == [.notLinearizable])
    recording = Recording()
    recording.run(1, "write", 1)
    recording.invoke(2, "write", 5)
    recording.end(2, kind: .info)
    recording.run(1, "cas", [1, 2], gives: false)
    #expect(try recording.verdict(.register) == .ok, "the write of unknown outcome explains it")
  }

  @Test func anUnknownOutcomeStaysOpenForEver() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.invoke(2, "write", 2)
    recording.end(2, kind: .info)
    for _ in 0..<20 { recording.run(1, "read", gives: 1) }
    recording.run(2, "read", gives: 2)
    #expect(try recording.verdict(.register) == .ok, "and its process may go on")
    recording.run(1, "read", gives: 1)
    #expect(try recording.rules(.register) == [.notLinearizable], "it has its effect once")
  }

  @Test func anInvocationWithoutAnEndIsOpen() throws {
    var recording = Recording()
    recording.invoke(1, "write", 2)
    recording.run(2, "read", gives: 2)
    #expect(try recording.verdict(.register) == .ok)
  }

  @Test func aFailedOperationHadNoEffect() throws {
    var recording = Recording()
    recording.invoke(1, "write", 2)
    recording.end(1, kind: .fail)
    recording.run(2, "read", gives: 2)
    #expect(try recording.rules(.register) == [.notLinearizable])
  }

  @Test func keysAreSeparate() throws {
    var recording = Recording()
    recording.run(1, "write", 1, key: "a")
    recording.run(1, "read", gives: .null, key: "b")
    recording.run(1, "read", gives: .null, key: 1)
    #expect(try recording.verdict(.keyValue) == .ok)
    recording.run(1, "read", gives: .null, key: "a")
    let violations = try recording.violations(.keyValue)
    #expect(violations.map(\.key) == ["a"])
  }

  @Test func aDeletedValueIsGone() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.run(1, "delete")
    recording.run(1, "read", gives: .null)
    #expect(try recording.verdict(.keyValue) == .ok)
    recording.run(1, "read", gives: 1)
    #expect(try recording.rules(.keyValue) == [.notLinearizable])
  }

  @Test func totalsOutOfRangeAreRefusedWithoutATrap() throws {
    var recording = Recording()
    recording.run(1, "add", .integer(-1), gives: .integer(Int64.max))
    #expect(try recording.rules(.register) == [.notLinearizable])
    recording = Recording()
    recording.run(1, "add", .integer(Int64.max), gives: .integer(Int64.max))
    recording.invoke(2, "add", .integer(Int64.max))
    recording.run(1, "read", gives: .integer(Int64.max))
    #expect(try recording.verdict(.register) == .ok)
  }
}
