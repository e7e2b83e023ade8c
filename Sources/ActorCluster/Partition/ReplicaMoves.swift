// How a partition gets from the nodes that have it to those that are to have it, one step at a time: pure.
internal import PlantedBugs
package import Raft

extension ReplicaReplacement.Peer {
  /// Whether it lacks next to nothing of the leader's log.
  package func isCaughtUp(with view: ReplicaReplacement.View) -> Bool {
    match > 0 && match + ReplicaReplacement.lag >= view.lastIndex
  }
}

/// A learner that has caught up becomes a voter in the place of one that is not to vote, in one joint change: there are never
/// fewer voters than before or than are wanted, and never two changes under way. What is not to be there at all goes.
package struct ReplicaMoves {
  private let view: ReplicaReplacement.View
  private let target: ReplicaTarget
  /// Original ids of nodes that lack their replica.
  private let asking: Set<ReplicaID>

  /// Of a membership that is committed and not joint.
  /// - Parameter asking: the original ids of nodes that lack their replica.
  package static func next(
    _ view: ReplicaReplacement.View, asking: Set<ReplicaID>
  ) -> ReplicaReplacement.Step? {
    guard let target = view.target, !target.voters.isEmpty else { return nil }
    let moves = ReplicaMoves(view: view, target: target, asking: asking)
    return moves.exchange() ?? moves.reduction() ?? moves.tidying()
  }

  private func number(_ replica: ReplicaID) -> UInt64 { ReplicaNaming.original(of: replica).rawValue }

  private func peer(_ replica: ReplicaID) -> ReplicaReplacement.Peer? {
    view.progress.first { $0.id == replica }
  }

  private func isAlive(_ replica: ReplicaID) -> Bool {
    replica == view.own || peer(replica)?.isRecentlyActive == true
  }

  /// Voters that are not to vote: those first that nobody hears, this leader last.
  private var surplus: [ReplicaID] {
    func rank(_ replica: ReplicaID) -> (Int, UInt64) {
      (replica == view.own ? 2 : isAlive(replica) ? 1 : 0, replica.rawValue)
    }
    return view.membership.voters.filter { !target.voters.contains(number($0)) }.sorted {
      rank($0) < rank($1)
    }
  }

  /// Nodes that are to vote and do not.
  private var missing: [UInt64] {
    let voting = Set(view.membership.voters.map(number))
    return target.voters.filter { !voting.contains($0) }
  }

  private func exchange() -> ReplicaReplacement.Step? {
    for node in missing {
      guard let new = view.membership.learners.last(where: { number($0) == node }), let peer = peer(new),
        peer.isRecentlyActive, peer.isCaughtUp(with: view) || isPlanted(.removeBeforeCaughtUp),
        !asking.contains(ReplicaID(rawValue: node))
      else { continue }
      if isPlanted(.removeBeforeCaughtUp), !peer.isCaughtUp(with: view), let old = surplus.first,
        old != view.own
      {
        return .change(MembershipChange(steps: [leaving(old)]), words: "planted")
      }
      var steps: [MembershipChange.Step] = [
        target.witnesses.contains(node) ? .addWitness(new) : .addVoter(new)
      ]
      if let old = surplus.first, view.membership.voters.count >= target.voters.count {
        if old != view.own {
          steps.append(leaving(old))
        } else if let heir {
          return .transfer(to: heir)
        }
      }
      return .change(MembershipChange(steps: steps), words: "\(new) is to vote and has caught up")
    }
    return nil
  }

  /// There are more voters than wanted, and all that are wanted vote.
  private func reduction() -> ReplicaReplacement.Step? {
    guard missing.isEmpty, let old = surplus.first else { return nil }
    guard old != view.own else { return heir.map { .transfer(to: $0) } }
    return .change(MembershipChange(steps: [leaving(old)]), words: "\(old) is not to vote any more")
  }

  /// Learners of nodes that are to have nothing, or that have a later one.
  private func tidying() -> ReplicaReplacement.Step? {
    let learners = view.membership.learners.filter { learner in
      !target.contains(number(learner))
        || view.membership.members.contains { $0 > learner && number($0) == number(learner) }
    }
    guard !learners.isEmpty else { return nil }
    return .change(
      MembershipChange(steps: learners.map { .remove($0) }),
      words: "\(learners.map(\.description).joined(separator: ", ")) is to have no copy")
  }

  private func leaving(_ old: ReplicaID) -> MembershipChange.Step {
    target.learners.contains(number(old)) && isAlive(old) && !view.membership.isWitness(old)
      ? .addLearner(old) : .remove(old)
  }

  /// Who is to vote and can lead now; rather the one that should.
  private var heir: ReplicaID? {
    let able = target.voters.compactMap { node in
      view.membership.voters.last {
        number($0) == node && $0 != view.own && isAlive($0) && !view.membership.isWitness($0)
          && peer($0)?.isCaughtUp(with: view) == true
      }
    }
    return able.first
  }
}
