// Answers that wait for commit and for confirmed leadership.
import ActorCluster
import Raft
import Testing

@Suite struct HeldAnswersTests {
  private func held(_ call: UInt64, after index: LogIndex) -> HeldAnswers.Held {
    HeldAnswers.Held(call: CallID(rawValue: call), answer: .reply([UInt8(call)]), after: index)
  }

  private func token(_ round: UInt64) -> ReadToken { ReadToken(rawValue: round) }

  private func calls(_ held: [HeldAnswers.Held]) -> [UInt64] { held.map(\.call.rawValue) }

  @Test func bothConfirmationAndCommitAreNeeded() {
    var answers = HeldAnswers()
    answers.hold(held(1, after: 5), until: token(1))
    #expect(calls(answers.committed(upTo: 9)) == [])
    #expect(calls(answers.confirmed(token(1), committed: 9)) == [1])
    answers.hold(held(2, after: 12), until: token(2))
    #expect(calls(answers.confirmed(token(2), committed: 11)) == [])
    #expect(calls(answers.committed(upTo: 11)) == [])
    #expect(calls(answers.committed(upTo: 12)) == [2])
    #expect(calls(answers.committed(upTo: 13)) == [])
  }

  @Test func oneRoundConfirmsItsOwnReadsOnly() {
    var answers = HeldAnswers()
    answers.hold(held(1, after: 1), until: token(1))
    answers.hold(held(2, after: 3), until: token(1))
    answers.hold(held(3, after: 1), until: token(2))
    #expect(calls(answers.confirmed(token(1), committed: 2)) == [1])
    #expect(calls(answers.confirmed(token(1), committed: 9)) == [])
    #expect(calls(answers.committed(upTo: 3)) == [2])
    #expect(calls(answers.confirmed(token(2), committed: 3)) == [3])
  }

  @Test func aFailedRoundEndsItsReads() {
    var answers = HeldAnswers()
    answers.hold(held(1, after: 1), until: token(1))
    answers.hold(held(2, after: 1), until: token(2))
    #expect(answers.failed(token(1)).map(\.rawValue) == [1])
    #expect(answers.failed(token(1)) == [])
    #expect(calls(answers.confirmed(token(1), committed: 1)) == [])
    #expect(calls(answers.confirmed(token(2), committed: 1)) == [2])
  }

  @Test func takingAllEndsEveryoneOnce() {
    var answers = HeldAnswers()
    for call: UInt64 in 1...8 { answers.hold(held(call, after: call), until: token(call % 3)) }
    _ = answers.confirmed(token(0), committed: 3)
    #expect(answers.takeAll().map(\.rawValue).sorted() == [1, 2, 4, 5, 6, 7, 8])
    #expect(answers.takeAll() == [])
    #expect(calls(answers.committed(upTo: 100)) == [])
  }
}
