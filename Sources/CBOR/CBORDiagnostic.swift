// Diagnostic notation (RFC 8949 §8): CBOR as people read it. Reads bytes and returns text; touches nothing else.

/// The diagnostic notation of the one item that fills `bytes`, on one line: `{1: "a", "b": [_ h'01', null]}`.
///
/// Indefinite lengths show as `_`. Bignums of up to 16 bytes show as numbers. Characters outside ASCII show as they are,
/// control characters as `\u` escapes.
/// - Throws: `CBORError` if the bytes are not one well-formed item within the default limits.
public func cborDiagnostic(_ bytes: [UInt8]) throws -> String {
  try bytes.withUnsafeBytes { bytes in
    let input = CBORInput(bytes)
    _ = try input.checkWhole(CBORLimits())
    var notation = DiagnosticNotation(input: input)
    _ = try notation.appendItem(at: 0)
    return notation.text
  }
}

/// Text that grows as items are read. The recursion is as deep as the input, which was checked before.
private struct DiagnosticNotation {
  let input: CBORInput
  var text = ""

  init(input: CBORInput) { self.input = input }

  /// Appends one item and returns the index after it.
  mutating func appendItem(at index: Int) throws(CBORError) -> Int {
    let head = try input.head(at: index)
    switch head.major {
    case .unsigned:
      text += String(head.argument)
    case .negative:
      text += "-" + decimal(bigEndian(head.argument), plus: 1)
    case .bytes, .text:
      if head.isIndefinite { return try appendChunks(of: head) }
      let content = try input.content(of: head, at: index)
      appendString(head.major, input.stretch(content))
      return content.upperBound
    case .array:
      return try appendItems(of: head, at: index, brackets: ("[", "]"))
    case .map:
      return try appendItems(of: head, at: index, brackets: ("{", "}"))
    case .tag:
      if let end = try appendBignum(head) { return end }
      text += "\(head.argument)("
      let end = try appendItem(at: head.next)
      text += ")"
      return end
    case .simple:
      appendSimple(head)
    }
    return head.next
  }

  private mutating func appendItems(
    of head: ItemHead, at index: Int, brackets: (String, String)
  ) throws(CBORError) -> Int {
    text += brackets.0
    var items = head.isIndefinite ? Int.max : try input.itemCount(of: head, at: index)
    if head.isIndefinite { text += "_ " }
    var next = head.next
    var isFirst = true
    var isValue = false
    while items > 0 {
      if head.isIndefinite {
        let item = try input.head(at: next)
        if item.isBreak {
          next = item.next
          break
        }
      }
      if isValue { text += ": " } else if !isFirst { text += ", " }
      next = try appendItem(at: next)
      isFirst = false
      isValue = head.major == .map && !isValue
      items -= 1
    }
    text += brackets.1
    return next
  }

  private mutating func appendChunks(of string: ItemHead) throws(CBORError) -> Int {
    var chunk = try input.head(at: string.next)
    if chunk.isBreak {
      text += string.major == .text ? "\"\"_" : "''_"
      return chunk.next
    }
    text += "(_ "
    var index = string.next
    while !chunk.isBreak {
      if index != string.next { text += ", " }
      let content = try input.content(of: chunk, at: index)
      appendString(string.major, input.stretch(content))
      index = content.upperBound
      chunk = try input.head(at: index)
    }
    text += ")"
    return chunk.next
  }

  private mutating func appendString(_ major: MajorType, _ content: UnsafeRawBufferPointer) {
    guard major == .text else {
      text += "h'"
      for byte in content { text += hexadecimal(byte) }
      text += "'"
      return
    }
    text += "\""
    for character in String(decoding: content, as: UTF8.self).unicodeScalars {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default:
        if character.value < 0x20 || (0x7f..<0xa0).contains(character.value) {
          text += "\\u00" + hexadecimal(UInt8(truncatingIfNeeded: character.value))
        } else {
          text.unicodeScalars.append(character)
        }
      }
    }
    text += "\""
  }

  private mutating func appendSimple(_ head: ItemHead) {
    switch (head.information, head.argument) {
    case (25, _): text += floatNotation(doubleValue(ofHalf: UInt16(head.argument)))
    case (26, _): text += floatNotation(Double(Float(bitPattern: UInt32(head.argument))))
    case (27, _): text += floatNotation(Double(bitPattern: head.argument))
    case (_, 20): text += "false"
    case (_, 21): text += "true"
    case (_, 22): text += "null"
    case (_, 23): text += "undefined"
    default: text += "simple(\(head.argument))"
    }
  }

  /// Appends a bignum (RFC 8949 §3.4.3) as a number if it is one, and short.
  private mutating func appendBignum(_ tag: ItemHead) throws(CBORError) -> Int? {
    guard tag.argument == 2 || tag.argument == 3 else { return nil }
    let head = try input.head(at: tag.next)
    guard head.major == .bytes, !head.isIndefinite, head.argument <= 16 else { return nil }
    let content = try input.content(of: head, at: tag.next)
    text += tag.argument == 2 ? "" : "-"
    text += decimal(Array(input.stretch(content)), plus: tag.argument == 2 ? 0 : 1)
    return content.upperBound
  }
}

private func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}

private func bigEndian(_ value: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
}

/// A big-endian number plus a small one, in decimal.
private func decimal(_ bytes: [UInt8], plus addend: Int) -> String {
  var digits = [0]
  for (position, byte) in bytes.enumerated() {
    var carry = Int(byte) + (position == bytes.count - 1 ? addend : 0)
    for index in digits.indices {
      carry += digits[index] * 256
      digits[index] = carry % 10
      carry /= 10
    }
    while carry > 0 {
      digits.append(carry % 10)
      carry /= 10
    }
  }
  if bytes.isEmpty { digits = [addend] }
  return digits.reversed().map(String.init).joined()
}

/// A number as RFC 8949 appendix A writes it: always with a point, exponents without leading zeros and only from the
/// seventh decimal place on.
private func floatNotation(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
  let parts = value.description.split(separator: "e")
  guard parts.count == 2, let exponent = Int(parts[1]) else { return value.description }
  let mantissa = parts[0]
  if (-6..<0).contains(exponent) {
    let digits = mantissa.filter { $0 != "." && $0 != "-" }
    let zeros = String(repeating: "0", count: -exponent - 1)
    let sign = value < 0 ? "-" : ""
    return sign + "0." + zeros + (digits.hasSuffix("0") && digits.count == 2 ? digits.prefix(1) : digits[...])
  }
  let point = mantissa.contains(".") ? "" : ".0"
  return "\(mantissa)\(point)e\(exponent < 0 ? "" : "+")\(exponent)"
}
