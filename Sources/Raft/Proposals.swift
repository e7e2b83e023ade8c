// Proposals: what a leader appends for its host.

extension Raft {
  /// Appends a command. It is committed when `apply` hands out this index with this term; another
  /// term at this index means it was lost. After a change of role the outcome is unknown.
  ///
  /// - Throws: `notLeader`, `witnessLeads`, `transferring`, or `overloaded` past `maxUncommittedBytes`.
  public mutating func propose(
    _ payload: [UInt8]
  ) throws(ProposalError) -> (index: LogIndex, term: Term) {
    try checkServing()
    let size = payload.count + LogEntry.overhead
    guard uncommittedBytes == 0 || uncommittedBytes + size <= configuration.maxUncommittedBytes
    else { throw .overloaded }
    return (append(.command(payload)), term)
  }

  /// Appends to the leader's own log. Drain sends and persists it.
  @discardableResult
  mutating func append(_ payload: Payload) -> LogIndex {
    let entry = LogEntry(index: lastIndex + 1, term: term, payload: payload)
    log.append(entry)
    uncommittedBytes += entry.byteCount
    return entry.index
  }
}
