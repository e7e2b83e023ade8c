// What the log writer does between two batches to keep its file small. Runs on the writer's thread.

extension LogWriterCore {
  /// Whether an idle writer has anything to do.
  var hasUpkeep: Bool {
    failure == nil && (upkeep.mustCopyWAL || upkeep.vacuumPages(isIdle: true) != nil || hasOldBatches)
  }

  /// One step, when one is due: after the completions of a batch, so that only the next batch waits for it.
  /// - Parameter isIdle: nobody waits: old batches may be deleted in a transaction of their own.
  /// - Returns: nil when there was nothing to do.
  mutating func keepUp(isIdle: Bool, waitsForRoom: Bool = false) -> LogOutcome? {
    guard failure == nil else { return nil }
    var outcome = LogOutcome()
    if upkeep.mustCopyWAL {
      copyWAL(&outcome)
    } else if isIdle, hasOldBatches {
      commit(&outcome, isIdle: true, waitsForRoom: waitsForRoom)
      if outcome.isFull { return outcome }
    } else if let pages = upkeep.vacuumPages(isIdle: isIdle) {
      vacuum(pages)
    } else {
      return nil
    }
    outcome.hasFailed = failure != nil
    outcome.sizes = measure()
    return outcome
  }

  /// A sync that failed in it is one of the log: the WAL begins anew on the word that its pages are in the file.
  private mutating func copyWAL(_ outcome: inout LogOutcome) {
    // How long it is before it begins anew.
    _ = measure()
    let start = ContinuousClock.now
    do throws(StoreError) {
      let copy = try file.copyWAL()
      outcome.walNanoseconds = start.nanosecondsSince
      outcome.walIsPinned = upkeep.copied(copy)
      upkeep.learned(try file.size())
    } catch {
      if error.isRetryable { upkeep.copyFailed() } else { fail(error) }
    }
  }

  private mutating func vacuum(_ pages: Int) {
    do throws(StoreError) {
      upkeep.vacuumed(try file.vacuum(pages: pages), asked: pages)
    } catch {
      switch error {
      case .damaged(_, let detail): upkeep.stop(detail)
      case _ where error.isRetryable: upkeep.pause()
      default: fail(error)
      }
    }
  }
}
