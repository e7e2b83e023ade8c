// What the concurrent parts of the driver share: the ledger and the floor, behind locks.
internal import Synchronization

final class DayState: Sendable {
  private let lockedLedger = Mutex(Ledger())
  private let lockedFloor = Mutex(Floor())
  private let lockedNote = Mutex("")
  private let lockedViolations = Mutex<[DemoViolation]>([])

  var ledger: Ledger { lockedLedger.withLock { $0 } }
  /// What the progress line says beside the counts.
  var note: String { lockedNote.withLock { $0 } }
  /// What was found wrong while the day ran.
  var violations: [DemoViolation] { lockedViolations.withLock { $0 } }

  func ledger<Value: Sendable>(_ body: (inout Ledger) -> Value) -> Value {
    lockedLedger.withLock { body(&$0) }
  }
  func floor<Value: Sendable>(_ body: (inout Floor) -> Value) -> Value { lockedFloor.withLock { body(&$0) } }
  func note(_ text: String) { lockedNote.withLock { $0 = text } }
  func found(_ violation: DemoViolation) { lockedViolations.withLock { $0.append(violation) } }
}
