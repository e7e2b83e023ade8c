// What a leader has under way between its outbox and other partitions.
import ActorCluster
import NodeStore
import Testing

@Suite struct DeliveryWindowTests {
  private let east = PartitionID(rawValue: 1)
  private let west = PartitionID(rawValue: 2)

  private func next(_ window: DeliveryWindow, _ partition: PartitionID) -> [UInt64] {
    let (after, room) = window.next(to: partition, window: 10)
    return [after, UInt64(room)]
  }

  @Test func theWindowIsWhatIsSentAndNotAcknowledged() {
    var window = DeliveryWindow()
    #expect(next(window, east) == [0, 10])
    window.sent(to: east, upTo: 4)
    #expect(next(window, east) == [4, 6])
    #expect(next(window, west) == [0, 10])
    window.sent(to: east, upTo: 10)
    #expect(next(window, east) == [10, 0])
    window.acknowledged(by: east, upTo: 3)
    #expect(next(window, east) == [10, 3])
    window.acknowledged(by: east, upTo: 10)
    #expect(next(window, east) == [10, 10])
  }

  @Test func oldAndRepeatedAcknowledgmentsChangeNothing() throws {
    var window = DeliveryWindow()
    window.sent(to: east, upTo: 8)
    window.acknowledged(by: east, upTo: 5)
    #expect(window.takeToRecord() == [try acknowledgment(1, upTo: 5)])
    window.acknowledged(by: east, upTo: 5)
    window.acknowledged(by: east, upTo: 2)
    #expect(window.takeToRecord() == [])
    #expect(next(window, east) == [8, 7])
  }

  /// A new leader hears of what the one before sent.
  @Test func anAcknowledgmentBeyondWhatWasSentMovesOn() {
    var window = DeliveryWindow()
    window.acknowledged(by: east, upTo: 20)
    #expect(next(window, east) == [20, 10])
  }

  @Test func rewindingSendsAgainFromTheLastAcknowledged() {
    var window = DeliveryWindow()
    window.sent(to: east, upTo: 8)
    window.sent(to: west, upTo: 2)
    window.acknowledged(by: east, upTo: 5)
    window.rewind(east)
    #expect(next(window, east) == [5, 10])
    #expect(next(window, west) == [2, 8])
  }

  @Test func whatMakesNoProgressIsSentAgain() {
    var window = DeliveryWindow()
    window.tick(1_000)
    window.sent(to: east, upTo: 8)
    window.sent(to: west, upTo: 2)
    window.tick(1_400)
    window.acknowledged(by: east, upTo: 3)
    window.acknowledged(by: west, upTo: 2)
    window.tick(1_000 + DeliveryWindow.resendMilliseconds + 1)
    #expect(next(window, east) == [8, 5])
    window.tick(1_400 + DeliveryWindow.resendMilliseconds)
    #expect(next(window, east) == [8, 5])
    window.tick(1_400 + DeliveryWindow.resendMilliseconds + 1)
    #expect(next(window, east) == [3, 10])
    #expect(next(window, west) == [2, 10])
  }

  @Test func acknowledgmentsGoIntoOneRecordInOrder() throws {
    var window = DeliveryWindow()
    window.tick(50)
    #expect(window.oldestUnrecorded == .max)
    window.acknowledged(by: west, upTo: 1)
    window.tick(70)
    window.acknowledged(by: east, upTo: 4)
    window.acknowledged(by: west, upTo: 3)
    #expect(window.oldestUnrecorded == 50)
    let taken = window.takeToRecord()
    #expect(taken == [try acknowledgment(1, upTo: 4), try acknowledgment(2, upTo: 3)])
    #expect(window.takeToRecord() == [])
    #expect(window.oldestUnrecorded == .max)
  }

  @Test func aRefusedRecordGivesItsAcknowledgmentsBack() throws {
    var window = DeliveryWindow()
    window.acknowledged(by: west, upTo: 3)
    let taken = window.takeToRecord()
    window.acknowledged(by: west, upTo: 5)
    window.tick(90)
    window.restoreToRecord(taken)
    window.restoreToRecord([try acknowledgment(1, upTo: 1)])
    #expect(window.takeToRecord() == [try acknowledgment(1, upTo: 1), try acknowledgment(2, upTo: 5)])
  }

  @Test func sendersAreToldTheHighestWatermarkOnce() {
    var window = DeliveryWindow()
    window.applied(from: west, 2)
    window.applied(from: west, 4)
    window.applied(from: west, 3)
    window.applied(from: east, 1)
    let owed = window.takeOwed()
    #expect(owed.map(\.0) == [east, west])
    #expect(owed.map(\.1) == [1, 4])
    #expect(window.takeOwed().isEmpty)
  }
}
