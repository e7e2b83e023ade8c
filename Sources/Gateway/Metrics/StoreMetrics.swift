// Which figures of a node's store and disk are metrics: pure. Names are what dashboards rely on: never change one.
internal import ActorCluster
internal import NodeStore

extension PrometheusText {
  mutating func addDisk(_ disk: DiskStatus) {
    add(
      "switchboard_disk_level", .gauge,
      "1 for what the disk is fit for now: well, low, slow, reserved or full. Alarm when it is not well.",
      DiskLevel.allCases.map { ([("level", $0.rawValue)], $0 == disk.level ? 1 : 0) })
    if let space = disk.space {
      add(
        "switchboard_disk_free_bytes", .gauge, "Free bytes on the disk of the data directory.",
        value: space.free)
      add(
        "switchboard_disk_total_bytes", .gauge, "Size of the disk of the data directory.", value: space.total)
    }
    if let files = disk.files {
      add(
        "switchboard_store_file_bytes", .gauge, "Size of each file of the store.",
        [
          (labels: [("file", "log")], value: files.log), (labels: [("file", "log_wal")], value: files.logWAL),
          (labels: [("file", "state")], value: files.state),
          (labels: [("file", "state_wal")], value: files.stateWAL),
        ])
    }
  }

  mutating func addStore(_ store: StoreStatistics) {
    addCommits(store)
    add(
      "switchboard_checkpoints_total", .counter, "Checkpoints committed to the state file.",
      value: store.checkpoints)
    add(
      "switchboard_checkpoint_failures_total", .counter,
      "Checkpoints that failed; those of a full disk are tried again.",
      value: store.failedCheckpoints)
    add(
      "switchboard_checkpoint_last_microseconds", .gauge, "Duration of the last checkpoint.",
      value: store.lastCheckpointNanoseconds / 1_000)
    add(
      "switchboard_state_jobs_pending", .gauge, "Jobs of the state file that wait or run.",
      value: UInt64(clamping: store.pendingStateJobs))
    add(
      "switchboard_state_full", .gauge, "1 while checkpoints find no room on the disk.",
      value: store.isStateFull ? 1 : 0)
  }

  private mutating func addCommits(_ store: StoreStatistics) {
    add(
      "switchboard_log_commits_total", .counter, "Commits of the log: each is one fsync.",
      value: store.batches)
    add(
      "switchboard_log_records_total", .counter, "Records of the log made durable.", value: store.records)
    add("switchboard_log_bytes_total", .counter, "Bytes of the log made durable.", value: store.bytes)
    let quantiles: [(String, UInt64?)] = [
      ("0.5", store.commitP50Nanoseconds), ("0.95", store.commitP95Nanoseconds),
      ("0.99", store.commitP99Nanoseconds),
    ]
    add(
      "switchboard_log_commit_microseconds", .gauge,
      "Duration of the log's commits over the last ten seconds, by quantile; nothing when there were none.",
      quantiles.compactMap { quantile, value in
        value.map { (labels: [("quantile", quantile)], value: $0 / 1_000) }
      })
    add(
      "switchboard_log_commit_longest_microseconds", .gauge,
      "Duration of the log's longest commit since the start.",
      value: store.longestCommitNanoseconds / 1_000)
    add(
      "switchboard_log_pending_bytes", .gauge, "Bytes that wait to be made durable.",
      value: UInt64(clamping: store.pendingBytes))
    add(
      "switchboard_log_appends_past_limit_total", .counter,
      "Appends that came while more than the limit waited already: the disk does not keep up.",
      value: store.appendsPastLimit)
    add(
      "switchboard_log_full", .gauge, "1 while the log waits for room on the disk. Alarm when above 0.",
      value: store.isLogFull ? 1 : 0)
    add(
      "switchboard_log_full_failures_total", .counter,
      "How often a batch of the log found no room on the disk.",
      value: store.logFullFailures)
    add(
      "switchboard_log_failed", .gauge, "1 when the log failed for good: the node is about to end.",
      value: store.logFailed ? 1 : 0)
  }
}
