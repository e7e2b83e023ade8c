// What keeps a board small, whatever it is told. Pure.

extension AlarmBoard {
  /// One condition for each kind and subject, and of each kind no more than the limit: those that have an alarm already, then
  /// the gravest.
  func bounded(_ conditions: [AlarmCondition]) -> [Key: AlarmCondition] {
    var held: [Key: AlarmCondition] = [:]
    for condition in conditions {
      let key = Key(kind: condition.kind, subject: condition.subject)
      if let other = held[key], other.severity >= condition.severity { continue }
      held[key] = condition
    }
    for (kind, ofKind) in Dictionary(grouping: held.values, by: \.kind) where ofKind.count > limits.subjects {
      let ranked = ofKind.sorted { left, right in
        let (before, after) = (hasAlarm(left), hasAlarm(right))
        if before != after { return before }
        return (right.severity, left.subject) < (left.severity, right.subject)
      }
      let rest = ranked.dropFirst(limits.subjects)
      for condition in rest { held[Key(kind: kind, subject: condition.subject)] = nil }
      let some = rest.prefix(3).map(\.subject).joined(separator: ", ")
      held[Key(kind: kind, subject: Self.others)] = AlarmCondition(
        kind, Self.others, rest.map(\.severity).max() ?? .info, "\(rest.count) more, among them \(some)")
    }
    return held
  }

  private func hasAlarm(_ condition: AlarmCondition) -> Bool {
    entries[Key(kind: condition.kind, subject: condition.subject)]?.alarm != nil
  }

  /// Of what is over and only remembered, no more than twice what can be active.
  mutating func forgetTheOldest() {
    let remembered = entries.filter { $0.value.alarm == nil && $0.value.heldSince == nil }
    let limit = 2 * limits.subjects * AlarmKind.allCases.count
    guard remembered.count > limit else { return }
    let oldest = remembered.sorted { ($0.value.endedAt ?? 0, $0.key) < ($1.value.endedAt ?? 0, $1.key) }
    for (key, _) in oldest.prefix(remembered.count - limit) { entries[key] = nil }
  }
}

extension Unicode.Scalar {
  /// C0, DEL and C1.
  var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
