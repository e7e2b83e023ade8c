// How old the answers of stale reads are, for those who asked.
internal import NodeStore

extension PartitionLoop {
  /// Before the call is answered.
  func tellAge(of call: CallID, _ partition: PartitionID) {
    // Also where nobody asked for it: it is kept for no other reason.
    let age = hosts[partition]?.takeAge(of: call)
    guard !ageListeners.isEmpty, let onAge = ageListeners.removeValue(forKey: call), let age else { return }
    onAge(age)
  }
}
