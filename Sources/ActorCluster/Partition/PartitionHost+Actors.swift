// Actors that are not in memory: who waits for them, how they come, when they leave, and when they are deleted.
internal import CBOR
package import NodeStore
internal import Raft

extension PartitionHost {
  // MARK: loading

  /// Calls whose actor is not there wait for it in order; others pass.
  mutating func park(_ call: PartitionCall) {
    if let problem = barred(call.actor) {
      return fail(call, .quarantined(partition: id.rawValue, detail: problem))
    }
    guard loads.parkedCalls < limits.waitingCalls else {
      actions.append(
        .answer(
          call.id,
          .failed(.overloaded(what: "\(id) has too many actors to load", retryAfterMilliseconds: 100))))
      return
    }
    loads.want(call.actor)
    loads.park(.call(call))
  }

  /// Messages of one sender keep their order, so those after one whose actor is not there wait too. What is too much is sent
  /// again by the sender.
  mutating func park(_ batch: MessageBatch) {
    for numbered in batch.messages where state.mustLoad(numbered.message.to) {
      guard mayRestore(numbered.message.to) else { return }
      loads.want(numbered.message.to)
    }
    guard loads.parkedMessages(from: batch.from) < 2 * limits.deliveryWindow else { return }
    loads.park(.batch(batch))
  }

  /// The actors that `.loadActors` asked for.
  package mutating func actorsLoaded(_ loaded: [LoadedActor], epoch: UInt64, now: Moment) {
    guard epoch == loads.epoch, health == .running else { return }
    for actor in loaded {
      let key = ActorKey(type: actor.name.actorType, id: actor.name.actorID)
      // They may be those of the snapshot, which are ahead of the state here.
      if isInstalling {
        loads.postpone(key)
        continue
      }
      loads.arrived(key)
      if let row = actor.rows.first(where: { $0.index > appliedIndex }) {
        return quarantineFiles(
          "\(key) has a row of entry \(row.index), and the state file is at \(appliedIndex): it has lost its checkpoint"
        )
      }
      do {
        // Who waits for it learns that when its turn comes.
        guard barred(key) == nil else { continue }
        notes?.begin(.actor(key, of: id), key, "")
        defer { notes?.end() }
        try state.admit(key, actor.rows)
      } catch {
        return quarantine("\(key) cannot be restored from its rows: \(error)")
      }
    }
    guard !isInstalling else { return }
    if isStalled { catchUp() }
    for work in loads.takeParked() {
      switch work {
      case .call(let call): invoke(call, now)
      case .batch(let batch): receive(batch, now)
      }
    }
  }

  /// A committed entry changes an actor that is not there: nothing after it is applied before that has come. The actors of
  /// the entries behind it are asked for together with it.
  mutating func stall(at index: LogIndex) {
    isStalled = true
    let end = min(raft.appliedIndex, index + 255)
    for entry in raft.entries(in: index...max(index, end)) {
      guard case .command(let bytes) = entry.payload,
        let record = try? CBORDecoder().decode(LogRecord.self, from: bytes),
        let actor = state.mustLoad(for: record)
      else { continue }
      loads.want(actor)
    }
  }

  /// Applies what is committed, as far as it goes.
  mutating func catchUp() {
    isStalled = false
    while !isStalled, health == .running, raft.appliedIndex > appliedIndex {
      let end = min(raft.appliedIndex, appliedIndex + 1_024)
      let entries = raft.entries(in: (appliedIndex + 1)...end)
      guard !entries.isEmpty else { return }
      apply(entries)
    }
  }

  // MARK: leaving memory

  mutating func evict(_ now: Moment) {
    guard health == .running, !isWitness else { return }
    state.observe(monotonic: now.monotonic)
    state.evict(checkpointed: checkpointedIndex, idle: limits.idleMilliseconds)
  }

  // MARK: retention

  /// Asks for the oldest actors whose retention is over.
  mutating func startRetention(_ now: Moment) {
    let pause = isStateTooLarge ? limits.retentionMilliseconds - limits.retentionStepMilliseconds : 0
    guard !isFindingRetired, now.monotonic >= nextRetention - pause, checkpointedIndex >= retentionIndex,
      !limits.retention.isEmpty, featureLevel >= FeatureLevel.retention
    else { return }
    isFindingRetired = true
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    let ranges = limits.retention.sorted { $0.key < $1.key }.map {
      let kept = isStateTooLarge ? min($0.value, limits.leastRetention) : $0.value
      return RetiredActor.rowActors($0.key, before: time.advanced(byMilliseconds: -kept))
    }
    actions.append(.findRetired(ranges, limit: limits.retentionStep))
  }

  /// What `.findRetired` found: it is deleted on every replica by one entry.
  package mutating func retiredFound(_ rows: [ActorRow], _ now: Moment) {
    isFindingRetired = false
    // A full step: there is more.
    let isMore = rows.count >= limits.retentionStep
    nextRetention = now.monotonic + (isMore ? limits.retentionStepMilliseconds : limits.retentionMilliseconds)
    let retired = rows.compactMap(RetiredActor.init)
    guard isServing, !retired.isEmpty else { return }
    forget(retired, now)
  }
}
