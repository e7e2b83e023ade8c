// Rewrites foreign input so that decoders need to know neither tags nor indefinite lengths. Reads and returns bytes only.

/// Copies one well-formed item without its tags and with definite lengths. Our own encoder never writes either, so only
/// foreign input pays for this. The recursion is as deep as the input, which the check before it has bounded.
struct DefiniteForm {
  private let input: CBORInput
  private var output: GrowingStack<UInt8>

  /// The definite form of the item that fills `input`.
  static func rewrite(_ input: CBORInput) throws(CBORError) -> [UInt8] {
    var form = DefiniteForm(input: input, output: GrowingStack(capacity: input.count))
    defer { form.output.release() }
    _ = try form.copyItem(at: 0)
    return Array(form.output.contents)
  }

  private mutating func copyItem(at index: Int) throws(CBORError) -> Int {
    let head = try input.head(at: index)
    switch head.major {
    case .tag:
      return try copyItem(at: head.next)
    case .unsigned, .negative, .simple:
      output.append(contentsOf: input.stretch(index..<head.next))
      return head.next
    case .bytes, .text:
      if head.isIndefinite { return try copyChunks(of: head) }
      let end = try input.content(of: head, at: index).upperBound
      output.append(contentsOf: input.stretch(index..<end))
      return end
    case .array, .map:
      if head.isIndefinite { return try copyUntilBreak(head) }
      let items = try input.itemCount(of: head, at: index)
      output.appendHead(head.major, head.argument)
      var next = head.next
      for _ in 0..<items { next = try copyItem(at: next) }
      return next
    }
  }

  private mutating func copyChunks(of string: ItemHead) throws(CBORError) -> Int {
    let start = output.count
    var index = string.next
    while true {
      let chunk = try input.head(at: index)
      if chunk.isBreak {
        insertHead(string.major, UInt64(output.count - start), at: start)
        return chunk.next
      }
      let range = try input.content(of: chunk, at: index)
      output.append(contentsOf: input.stretch(range))
      index = range.upperBound
    }
  }

  private mutating func copyUntilBreak(_ container: ItemHead) throws(CBORError) -> Int {
    let start = output.count
    var items: UInt64 = 0
    var index = container.next
    while true {
      let head = try input.head(at: index)
      if head.isBreak {
        insertHead(container.major, container.major == .map ? items / 2 : items, at: start)
        return head.next
      }
      index = try copyItem(at: index)
      items += 1
    }
  }

  private mutating func insertHead(_ major: MajorType, _ argument: UInt64, at index: Int) {
    output.insertZeros(GrowingStack.headLength(argument), at: index)
    output.fillHead(major, argument, at: index)
  }
}
