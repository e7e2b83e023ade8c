// Who belongs to the simulated group: random changes at leaders, new replicas, replicas that retire.

import Raft

extension Simulation {
  private static let maxNodes = 9
  private static let maxVoters = 5

  mutating func changeMembership(at node: Int) {
    let raft = nodes[node].raft
    let membership = raft.membership
    if membership.isJoint, !membership.leavesAutomatically, isCalm || chance(0.1) {
      _ = try? nodes[node].raft.proposeMembership(.leave)
      return
    }
    guard chance(weather.membership), !membership.isJoint else { return }
    let steps = randomSteps(membership)
    guard !steps.isEmpty else { return }
    let transitions: [MembershipChange.Transition] = [.automatic, .automatic, .jointImplicit, .jointExplicit]
    let change = MembershipChange(
      steps: steps, transition: transitions.randomElement(using: &random) ?? .automatic)
    do {
      _ = try nodes[node].raft.proposeMembership(change)
      tally.changes += 1
      if nodes[node].raft.membership.isJoint { tally.joints += 1 }
      startNew(steps)
    } catch {}
  }

  private mutating func randomSteps(_ membership: Membership) -> [MembershipChange.Step] {
    var steps: [MembershipChange.Step] = []
    var voters = membership.voters.count
    var fresh = nodes.count
    for replica in membership.members where chance(0.3) && steps.count < 3 {
      let isWitness = membership.isWitness(replica)
      if membership.learners.contains(replica) {
        if voters < Self.maxVoters, chance(0.7) {
          steps.append(.addVoter(replica))
          voters += 1
        } else {
          steps.append(.remove(replica))
        }
      } else if voters > 2 {
        voters -= 1
        steps.append(isWitness || chance(0.6) ? .remove(replica) : .addLearner(replica))
      }
    }
    while fresh < Self.maxNodes, voters < Self.maxVoters, chance(0.5), steps.count < 4 {
      fresh += 1
      let replica = ReplicaID(rawValue: UInt64(fresh))
      switch Int.random(in: 0...3, using: &random) {
      case 0: steps.append(.addLearner(replica))
      case 1 where membership.witnesses.isEmpty: steps.append(.addWitness(replica))
      default: steps.append(.addVoter(replica))
      }
      if case .addLearner = steps[steps.count - 1] {} else { voters += 1 }
    }
    return steps.shuffled(using: &random)
  }

  /// Ids are handed out in order.
  private mutating func startNew(_ steps: [MembershipChange.Step]) {
    for step in steps.sorted(by: { $0.replica < $1.replica }) where Int(step.replica.rawValue) > nodes.count {
      var isWitness = false
      if case .addWitness = step { isWitness = true }
      add(Int(step.replica.rawValue), voters: [], isWitness: isWitness)
    }
  }
}
