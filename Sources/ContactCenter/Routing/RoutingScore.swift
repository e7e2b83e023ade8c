// Which of several waiting interactions is next: arithmetic. Pure.

/// How urgent a waiting interaction is beside those of other lines.
///
/// Within one line the order is that of *credited arrival*: the time of arrival less the credit of the priority. It never changes as
/// time passes, so that only the first of each line has to be looked at. Between lines, urgency is the credited wait as a share of the
/// queue's target, times the queue's weight. It grows without end while somebody waits: nobody starves.
public enum RoutingScore {
  /// 115 days: more than anybody waits.
  public static let strictCredit: Int64 = 10_000_000_000
  private static let longestWait: Int64 = 200_000_000_000

  public static func creditedArrival(_ arrivedAt: Int64, priority: Int, credit: Int64) -> Int64 {
    arrivedAt &- Int64(max(0, min(9, priority))) * max(0, min(strictCredit, credit))
  }

  /// In millionths of the target, times the weight in thousandths: 1,000,000 is a wait as long as the target at weight 1.
  public static func urgency(
    creditedArrival: Int64, now: Int64, target: Int64, weight: Int64, serviceFactor: Int64 = 1_000
  ) -> Int64 {
    // A retried or early interaction may carry any time.
    let (difference, isOut) = now.subtractingReportingOverflow(creditedArrival)
    let wait = isOut ? longestWait : max(-longestWait, min(longestWait, difference))
    let bounds: ClosedRange<Int64> = 1...1_000_000
    func bounded(_ value: Int64) -> Int64 { max(bounds.lowerBound, min(bounds.upperBound, value)) }
    let factor = bounded(bounded(weight) * bounded(serviceFactor) / 1_000)
    let (product, overflow) = wait.multipliedReportingOverflow(by: factor)
    guard !overflow else { return wait < 0 ? .min : .max }
    let (scaled, tooLarge) = product.multipliedReportingOverflow(by: 1_000)
    guard tooLarge else { return scaled / max(1, target) }
    let (coarse, isPastAll) = (product / max(1, target)).multipliedReportingOverflow(by: 1_000)
    return isPastAll ? (wait < 0 ? .min : .max) : coarse
  }
}
