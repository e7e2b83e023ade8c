// Times as certificates and revocation lists write them (RFC 5280, 4.1.2.5), and as seconds since 1970. Pure.
internal import SwiftASN1

enum CivilTime {
  static func isTime(_ node: ASN1Node) -> Bool {
    node.identifier == .utcTime || node.identifier == .generalizedTime
  }

  static func seconds(_ node: ASN1Node) throws -> Int64 {
    if node.identifier == .utcTime {
      let time = try UTCTime(derEncoded: node)
      return seconds(
        year: time.year, month: time.month, day: time.day,
        ofDay: (time.hours * 60 + time.minutes) * 60 + time.seconds)
    }
    let time = try GeneralizedTime(derEncoded: node)
    return seconds(
      year: time.year, month: time.month, day: time.day,
      ofDay: (time.hours * 60 + time.minutes) * 60 + time.seconds)
  }

  /// `UTCTime` until 2049, `GeneralizedTime` from then on.
  static func write(_ seconds: Int64, into serializer: inout DER.Serializer) throws {
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let rest = Int(seconds - day * 86_400)
    let date = civil(day)
    let (hours, minutes, left) = (rest / 3600, rest / 60 % 60, rest % 60)
    if (1950..<2050).contains(date.year) {
      try serializer.serialize(
        UTCTime(
          year: date.year, month: date.month, day: date.day, hours: hours, minutes: minutes, seconds: left))
    } else {
      try serializer.serialize(
        GeneralizedTime(
          year: date.year, month: date.month, day: date.day, hours: hours, minutes: minutes, seconds: left,
          fractionalSeconds: 0))
    }
  }

  /// Days from the civil calendar, by years that begin in March.
  private static func seconds(year: Int, month: Int, day: Int, ofDay: Int) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468) * 86_400 + Int64(ofDay)
  }

  private static func civil(_ day: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
