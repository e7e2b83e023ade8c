// Elections: PreVote, votes, timeouts, CheckQuorum.

import Raft
import Testing

@Suite struct ElectionTests {
  @Test(arguments: [1, 2, 3, 5]) func aGroupElectsOneLeaderByItself(count: Int) {
    var cluster = TestCluster(count)
    cluster.run(ticks: 60)
    #expect(cluster.leaders.count == 1)
    let leader = TestCluster.replica(cluster.leaders[0])
    for node in cluster.nodes {
      #expect(node.raft.leader == leader)
      #expect(node.raft.commitIndex == 1, "the empty entry of the term commits")
      #expect(node.announcements.last == .roleChanged(role: node.raft.role, term: 1, leader: leader))
    }
  }

  @Test func aVoterVotesOncePerTerm() {
    var raft = makeRaft(3, of: 3)
    raft.receive(message(1, 3, term: 1, .vote(lastIndex: 0, lastTerm: 0, transfer: false)))
    raft.receive(message(2, 3, term: 1, .vote(lastIndex: 0, lastTerm: 0, transfer: false)))
    let sent = raft.drainWriting().messages
    #expect(sent.contains(message(3, 1, term: 1, .voteReply(granted: true))))
    #expect(sent.contains(message(3, 2, term: 1, .voteReply(granted: false))))
  }

  @Test func aVoteSurvivesARestart() {
    var cluster = TestCluster(3)
    cluster.at(3) {
      $0.receive(message(1, 3, term: 1, .vote(lastIndex: 0, lastTerm: 0, transfer: false)))
    }
    cluster.write(3)
    cluster.restart(3)
    cluster.at(3) {
      $0.receive(message(2, 3, term: 1, .vote(lastIndex: 9, lastTerm: 0, transfer: false)))
    }
    #expect(cluster.network == [message(3, 2, term: 1, .voteReply(granted: false))])
  }

  @Test(arguments: [(3, 2, false), (3, 3, true), (4, 2, true), (2, 9, false)])
  func onlyAnUpToDateLogGetsAVote(lastTerm: Term, lastIndex: LogIndex, isGranted: Bool) {
    for isPreVote in [true, false] {
      var raft = makeRaft(1, of: 3, terms: [1, 2, 3])
      raft.receive(
        message(
          2, 1, term: 9,
          isPreVote
            ? .preVote(lastIndex: lastIndex, lastTerm: lastTerm)
            : .vote(lastIndex: lastIndex, lastTerm: lastTerm, transfer: false)))
      let answers = raft.drainWriting().messages.map(\.body)
      #expect(answers == [isPreVote ? .preVoteReply(granted: isGranted) : .voteReply(granted: isGranted)])
    }
  }

  @Test func preVoteChangesNothingAtTheVoter() {
    var raft = makeRaft(1, of: 3, terms: [1])
    raft.receive(message(2, 1, term: 7, .preVote(lastIndex: 1, lastTerm: 1)))
    let actions = raft.drain()
    #expect(actions == [.send(message(1, 2, term: 7, .preVoteReply(granted: true)))], "no write either")
    #expect(raft.term == 1)
  }

  @Test func preVoteIsRefusedWhileALeaderLives() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.at(3) { $0.campaign() }
    cluster.settle()
    #expect(cluster[3].raft.term == 1, "no term was raised")
    cluster.run(ticks: 3)
    #expect(cluster.leaders == [1])
    #expect(cluster[3].raft.leader == TestCluster.replica(1))
  }

  @Test func aVoteOfAHigherTermDoesNotDisturbALiveLeader() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    let request = Body.vote(lastIndex: 99, lastTerm: 99, transfer: false)
    for number in 1...2 {
      cluster.at(number) { $0.receive(message(3, number, term: 50, request)) }
    }
    #expect(cluster.network.isEmpty)
    #expect(cluster[1].raft.term == 1)
    #expect(cluster[2].raft.term == 1)
    // A follower that has heard nothing for an election timeout would vote.
    cluster.tick(2, times: TestCluster.electionTicks)
    cluster.at(2) { $0.receive(message(3, 2, term: 50, request)) }
    #expect(cluster[2].raft.term == 50)
  }

  @Test func aReplicaThatWasPartitionedComesBackWithoutRaisingTheTerm() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isIsolated = true
    cluster.run(ticks: 200)
    #expect(cluster[3].raft.role != .follower)
    #expect(cluster[3].raft.term == 1)
    try cluster.propose(1, [42])
    cluster[3].isIsolated = false
    cluster.run(ticks: 30)
    #expect(cluster.leaders == [1])
    #expect(cluster.nodes.allSatisfy { $0.raft.term == 1 })
    #expect(cluster[3].commands == [[42]])
  }

  @Test func aReplicaWithAHigherTermCanRejoin() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    // It had voted in term 5 before it was cut off.
    cluster[3].disk.hardState = HardState(term: 5)
    cluster.restart(3)
    cluster.run(ticks: 60)
    #expect(cluster.leaders.count == 1)
    #expect(cluster.nodes.allSatisfy { $0.raft.term == cluster[1].raft.term && $0.raft.term > 5 })
  }

  /// One that hears of a campaign a moment before it misses the leader itself is not lost to it: the candidate needs no second try.
  @Test func whoIsAskedTooEarlyAnswersWhenItsLeaderIsMissed() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    cluster.tick(2, times: TestCluster.electionTicks - 1)
    cluster.at(3) { $0.campaign() }
    cluster.settle()
    #expect(cluster[3].raft.role == .preCandidate)
    cluster.tick(2)
    cluster.settle()
    #expect(cluster[3].raft.role == .leader)
    #expect(cluster[3].raft.term == 2)
  }

  @Test func aLeaderWithoutAMajorityStepsDown() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    let token = try cluster.at(1) { try $0.requestRead() }
    cluster.run(ticks: 2 * TestCluster.electionTicks)
    #expect(cluster[1].raft.role != .leader)
    #expect(cluster[1].raft.term == 1)
    #expect(cluster[1].failed == [token])
    #expect(throws: ProposalError.notLeader(leader: nil)) { try cluster.propose(1, [1]) }
  }

  @Test func aLeaderWithAMajorityStays() {
    var cluster = TestCluster(5)
    cluster.elect(1)
    cluster[4].isIsolated = true
    cluster[5].isIsolated = true
    cluster.run(ticks: 10 * TestCluster.electionTicks)
    #expect(cluster.leaders == [1])
    #expect(cluster[1].raft.term == 1)
    #expect(cluster[1].raft.progress.map(\.isRecentlyActive) == [true, true, false, false])
  }

  /// Ticks until the first campaign, and from there to each that follows while nobody answers.
  private func campaigns(of replica: Int, seed: UInt64, count: Int) -> [Int] {
    var raft = makeRaft(replica, of: 3) { $0.seed = seed }
    return (0..<count).map { _ in
      var ticks = 0
      var asked = false
      while !asked {
        raft.tick()
        ticks += 1
        asked = raft.drain().contains {
          if case .send(let message) = $0, case .preVote = message.body { true } else { false }
        }
      }
      return ticks
    }
  }

  @Test func votersTakeTurnsThenTiesBreakAtRandom() {
    let ticks = TestCluster.electionTicks
    var seconds: Set<Int> = []
    for seed in 0..<40 as Range<UInt64> {
      let first = (1...3).map { campaigns(of: $0, seed: seed, count: 1)[0] }
      // A whole turn lies between two.
      #expect(
        zip(first.sorted(), first.sorted().dropFirst()).allSatisfy { $1 - $0 >= ticks / 10 }, "\(first)")
      #expect(first.allSatisfy { (ticks..<2 * ticks).contains($0) })
      let all = campaigns(of: 1, seed: seed, count: 3)
      #expect((ticks / 2..<ticks).contains(all[1]))
      #expect((ticks..<2 * ticks).contains(all[2]))
      seconds.insert(all[1])
    }
    #expect(seconds.count > ticks / 4)
  }

  @Test func misdirectedMessagesAreIgnored() {
    var raft = makeRaft(1, of: 3)
    let body = Body.vote(lastIndex: 9, lastTerm: 9, transfer: true)
    raft.receive(message(2, 3, term: 9, body))
    raft.receive(message(1, 1, term: 9, body))
    #expect(raft.drain().isEmpty)
    #expect(raft.term == 0)
  }

  @Test func aReplicaThatDoesNotVoteNeverCampaigns() {
    var raft = makeRaft(1, of: 3) { $0.voters = [TestCluster.replica(2), TestCluster.replica(3)] }
    for _ in 0..<100 { raft.tick() }
    raft.campaign()
    #expect(raft.role == .follower)
    #expect(raft.drain().isEmpty)
  }
}
