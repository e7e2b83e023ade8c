// What clients ask of registers, and what they are told: values.
package import HistoryChecker

/// An operation on one register.
package enum RegisterCall: Equatable, Sendable {
  case read
  case write(Int)
  case compareAndSet(from: Int?, to: Int)
  case add(Int)

  /// The checker's word for it.
  package var function: String {
    switch self {
    case .read: "read"
    case .write: "write"
    case .compareAndSet: "cas"
    case .add: "add"
    }
  }

  package var argument: JSONValue {
    switch self {
    case .read: .null
    case .write(let value): .integer(Int64(value))
    case .compareAndSet(let from, let to): .array([Self.json(from), .integer(Int64(to))])
    case .add(let delta): .integer(Int64(delta))
    }
  }

  /// Whether it may change the register.
  package var isChange: Bool { self != .read }

  static func json(_ number: Int?) -> JSONValue { number.map { .integer(Int64($0)) } ?? .null }
}

/// How a call ended.
package enum RegisterOutcome: Equatable, Sendable {
  case value(Int?)
  case done
  case swapped(Bool)
  case total(Int)
  /// It certainly had no effect.
  case failed
  /// Nobody knows.
  case unknown

  package var kind: HistoryRecord.Kind {
    switch self {
    case .value, .done, .swapped, .total: .ok
    case .failed: .fail
    case .unknown: .info
    }
  }

  package var result: JSONValue {
    switch self {
    case .value(let number): RegisterCall.json(number)
    case .swapped(let swapped): .bool(swapped)
    case .total(let total): .integer(Int64(total))
    case .done, .failed, .unknown: .null
    }
  }
}
