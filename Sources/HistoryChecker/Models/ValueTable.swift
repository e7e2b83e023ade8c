// Numbers for values, so that states are small. Pure.

/// Gives each value a number, in the order in which they are first met; null is 0.
struct ValueTable {
  private var numbers: [JSONValue: Int] = [.null: 0]
  private(set) var values: [JSONValue] = [.null]

  mutating func number(of value: JSONValue) -> Int {
    if let number = numbers[value] { return number }
    numbers[value] = values.count
    values.append(value)
    return values.count - 1
  }

  /// For each number that is given while a search runs, in bytes: the value in both collections, what a machine counts of
  /// it, and room to grow.
  static let bytesPerValue = 208
}
