// The state of a node as text. Pure functions.
import Raft

func roleWord(_ role: Role) -> String {
  switch role {
  case .follower: "follower"
  case .preCandidate: "pre-candidate"
  case .candidate: "candidate"
  case .leader: "leader"
  }
}

/// etcd's name for the role.
func roleName(_ role: Role) -> String {
  switch role {
  case .follower: "StateFollower"
  case .preCandidate: "StatePreCandidate"
  case .candidate: "StateCandidate"
  case .leader: "StateLeader"
  }
}

func standing(of id: ReplicaID, in membership: Membership) -> String {
  if membership.isWitness(id) { return "Witness" }
  if membership.isVoter(id) { return "Voter" }
  if membership.isMember(id) { return "Learner" }
  return "Non-Voter"
}

/// One line of `raft-state`.
func stateLine(of node: Node) -> String {
  guard let raft = node.raft else { return "\(node.id.rawValue): down" }
  var parts = [
    "\(node.id.rawValue): \(roleName(raft.role)) (\(standing(of: node.id, in: raft.membership)))",
    "Term:\(raft.term)", "Lead:\(raft.leader?.rawValue ?? 0)", "Vote:\(node.vote?.rawValue ?? 0)",
    "Commit:\(raft.commitIndex)", "Applied:\(raft.appliedIndex)",
    "Log:\(raft.lastTerm)/\(raft.lastIndex)",
  ]
  if raft.stableIndex < raft.lastIndex { parts.append("Stable:\(raft.stableIndex)") }
  if !raft.isConfirmed { parts.append("Unconfirmed") }
  if let target = raft.transferTarget { parts.append("TransferringTo:\(target.rawValue)") }
  if node.isIsolated { parts.append("Isolated") }
  return parts.joined(separator: " ")
}

/// What a leader knows of its followers, a line each.
func progressLines(of raft: Raft) -> [String] {
  raft.progress.map { peer in
    var line = "\(peer.id.rawValue): \(modeName(of: peer)) match=\(peer.match) next=\(peer.next)"
    if peer.isLearner { line += " learner" }
    if raft.membership.isWitness(peer.id) { line += " witness" }
    if !peer.isRecentlyActive { line += " inactive" }
    if let snapshot = peer.snapshot { line += " snapshot=\(snapshot.term)/\(snapshot.index)" }
    if peer.checkpoint > 0 { line += " checkpoint=\(peer.checkpoint)" }
    return line
  }
}

func modeName(of peer: PeerStatus) -> String {
  if peer.isInSnapshot { return "StateSnapshot" }
  return peer.isReplicating ? "StateReplicate" : "StateProbe"
}
