// Finds small parts of a queue's history that look wrong, before the whole is searched. Pure.

/// A search that has no order to find must try them all, and in a long history of a queue these are too many. But what is
/// wrong with a queue nearly always shows in one value, in two, or in one and a dequeue that found nothing (Henzinger,
/// Sezgin, Vafeiadis 2013). All operations of the other values can be left out: an order of the whole would give one of the
/// part. These rules only propose parts; each is then searched like any history, so that a wrong proposal costs time
/// and nothing else.
struct Suspects {
  private static let limit = 8

  private struct Value {
    var enqueues: [Operation] = []
    var dequeues: [Operation] = []
    var isUnique: Bool { enqueues.count == 1 && dequeues.count <= 1 && !enqueues[0].isOpen }
  }

  private var values: [JSONValue: Value] = [:]
  private var order: [JSONValue] = []
  private var empties: [Operation] = []
  private var openDequeues: [Operation] = []

  init(queue operations: [Operation]) {
    for operation in operations {
      if operation.function == "enqueue" {
        add(operation.argument) { $0.enqueues.append(operation) }
      } else if operation.isOpen {
        openDequeues.append(operation)
      } else if let result = operation.result, result != .null {
        add(result) { $0.dequeues.append(operation) }
      } else {
        empties.append(operation)
      }
    }
  }

  private mutating func add(_ value: JSONValue, _ change: (inout Value) -> Void) {
    if values[value] == nil { order.append(value) }
    change(&values[value, default: Value()])
  }

  /// Parts of the history, each with the operations of a value or two, by invocation.
  var parts: [[Operation]] {
    (singles + overtakings).prefix(Self.limit).map { part in
      (part + openDequeues).sorted { $0.invoked.position < $1.invoked.position }
    }
  }

  /// Values that were dequeued more often than enqueued, or before.
  private var singles: [[Operation]] {
    order.compactMap { name in
      guard let value = values[name] else { return nil }
      let isEarly = value.dequeues.contains { dequeue in value.enqueues.allSatisfy { dequeue.precedes($0) } }
      guard value.dequeues.count > value.enqueues.count || isEarly else { return nil }
      return value.enqueues + value.dequeues
    }
  }

  /// What must be in the queue before something else is there and is still there after.
  private var overtakings: [[Operation]] {
    struct Stay {
      var operations: [Operation]
      /// It is certainly there from the end of its enqueue to the beginning of its dequeue.
      var from: Int
      var until: Int
    }
    struct Passing {
      var operations: [Operation]
      var began: Int
      var ended: Int
    }
    var stays: [Stay] = []
    var passings: [Passing] = []
    for name in order {
      guard let value = values[name], value.isUnique, let end = value.enqueues[0].completed else { continue }
      let operations = value.enqueues + value.dequeues
      let taken = value.dequeues.first
      // One that nobody is known to have taken may have been taken by an open dequeue: no stay then.
      if taken != nil || openDequeues.isEmpty {
        stays.append(
          Stay(operations: operations, from: end.position, until: taken?.invoked.position ?? Int.max))
      }
      if let gone = taken?.completed {
        passings.append(
          Passing(operations: operations, began: value.enqueues[0].invoked.position, ended: gone.position))
      }
    }
    for empty in empties {
      guard let end = empty.completed else { continue }
      passings.append(Passing(operations: [empty], began: empty.invoked.position, ended: end.position))
    }
    stays.sort { $0.from < $1.from }
    passings.sort { $0.began < $1.began }
    var found: [[Operation]] = []
    var next = 0
    var longest: Stay?
    for passing in passings {
      while next < stays.count, stays[next].from < passing.began {
        if stays[next].until > longest?.until ?? Int.min { longest = stays[next] }
        next += 1
      }
      if let longest, longest.until > passing.ended { found.append(longest.operations + passing.operations) }
      if found.count >= Self.limit { break }
    }
    return found
  }
}
