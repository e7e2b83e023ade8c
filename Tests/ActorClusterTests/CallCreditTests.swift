// Windows of calls, running calls, watches and dead letters: values.
import ActorCluster
import ClusterTestKit
import PeerTransport
import Testing

@Suite struct CallCreditTests {
  @Test func aCallWeighsUntilItsAnswer() {
    var credit = OutboundCredit(window: 200)
    #expect(credit.take(150) == true)
    #expect(credit.take(51) == false)
    #expect(credit.take(50) == true)
    credit.answered(150)
    #expect(credit.underWay == 50)
  }

  /// Else it could never be made.
  @Test func oneCallIsNeverTooLarge() {
    var credit = OutboundCredit(window: 200)
    #expect(credit.take(1_000) == true)
    #expect(credit.take(1) == false)
    var inbound = InboundCredit(window: 200)
    #expect(inbound.received(1_000, isOneWay: false) == true)
    #expect(inbound.received(1, isOneWay: true) == false)
  }

  @Test func aCalleeThatGivesBackTooMuchIsNoticed() {
    var credit = OutboundCredit(window: 1_000)
    #expect(credit.tell(100) == true)
    #expect(credit.finished(101) == false)
    #expect(credit.finished(100) == true)
    // Of another thread, overtaken.
    #expect(credit.finished(99) == true)
    #expect(credit.underWay == 0)
  }

  /// Whatever order things come in, the caller never believes that there is more room than the callee has, and all room comes
  /// back.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func bothSidesAgree(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let window = 4_096
    var (caller, callee) = (OutboundCredit(window: window), InboundCredit(window: window))
    var toCallee: [(cost: Int, isOneWay: Bool)] = []
    var running: [(cost: Int, isOneWay: Bool)] = []
    var toCaller: [(answer: Int?, credit: UInt64?)] = []
    func finish(_ place: Int) {
      let (cost, isOneWay) = running.remove(at: place)
      if isOneWay {
        if let total = callee.finishedOneWay(cost) { toCaller.append((nil, total)) }
      } else {
        callee.answered(cost)
        toCaller.append((cost, nil))
      }
    }
    func hear(_ news: (answer: Int?, credit: UInt64?)) {
      if let cost = news.answer { caller.answered(cost) }
      if let total = news.credit { #expect(caller.finished(total) == true, "seed \(seed)") }
    }
    for _ in 0..<3_000 {
      switch random.below(4) {
      case 0, 1:
        let (cost, isOneWay) = (64 + Int(random.below(800)), random.chance(oneIn: 2))
        if isOneWay ? caller.tell(cost) : caller.take(cost) { toCallee.append((cost, isOneWay)) }
      case 2 where !toCallee.isEmpty:
        let call = toCallee.removeFirst()
        running.append(call)
        #expect(callee.received(call.cost, isOneWay: call.isOneWay) == true, "seed \(seed)")
      case _ where !running.isEmpty: finish(random.below(running.count))
      default: if !toCaller.isEmpty { hear(toCaller.removeFirst()) }
      }
    }
    for call in toCallee {
      running.append(call)
      #expect(callee.received(call.cost, isOneWay: call.isOneWay) == true)
    }
    while !running.isEmpty { finish(0) }
    for news in toCaller { hear(news) }
    #expect(caller.underWay == 0, "seed \(seed)")
    #expect(callee.underWay == 0, "seed \(seed)")
  }
}

@Suite struct CreditReportTests {
  /// However many calls end in a turn of the loop, the caller is told once, and of all of them.
  @Test func oneFrameTellsOfAllThatEndedInATurn() {
    var credit = InboundCredit(window: 800)
    var report = CreditReport()
    var frames: [UInt64] = []
    for turn in 1...3 as ClosedRange<UInt64> {
      for _ in 0..<4 {
        let isTaken = credit.received(200, isOneWay: true)
        #expect(isTaken)
      }
      let firsts = (0..<4).map { _ in report.add(credit.finishedOneWay(200)) }
      #expect(firsts == [true, false, false, false])
      if let total = report.take() { frames.append(total) }
      #expect(frames.last == turn * 800)
      let again = report.take()
      #expect(again == nil)
    }
    #expect(frames.count == 3)
    let nothing = report.add(nil)
    #expect(!nothing)
  }
}

@Suite struct RelayLimitTests {
  @Test func relayedCallsLeaveMostOfALinkToItsOwner() {
    let (a, b) = (NodeID(rawValue: "a"), NodeID(rawValue: "b"))
    var limit = RelayLimit()
    let first = (0..<5).map { _ in limit.begin(100, to: a, window: 1_600) }
    #expect(first == [true, true, true, true, false])
    let (other, large) = (limit.begin(100, to: b, window: 1_600), limit.begin(5_000, to: b, window: 1_600))
    #expect(other && !large)
    limit.end(100, to: a)
    limit.end(100, to: b)
    let (again, alone) = (limit.begin(100, to: a, window: 1_600), limit.begin(5_000, to: b, window: 1_600))
    #expect(again && alone, "one always has room")
  }
}

@Suite struct RunningCallsTests {
  @Test func whatNobodyWaitsForIsFound() {
    var running = RunningCalls<String>()
    #expect(running.open(link: 1, call: 5, until: 100) == true)
    #expect(running.open(link: 1, call: 5, until: 100) == false)
    #expect(running.open(link: 2, call: 5, until: nil) == true)
    #expect(running.attach("one", link: 1, call: 5) == false)
    #expect(running.attach("two", link: 2, call: 5) == false)
    #expect(running.expired(now: 99) == [])
    #expect(running.expired(now: 100) == ["one"])
    #expect(running.unwanted(link: 2) == ["two"])
    running.remove(link: 1, call: 5)
    running.remove(link: 2, call: 5)
    #expect(running.count == 0)
    #expect(running.timers == 0)
  }

  @Test func whatIsUnwantedBeforeItBeginsIsCancelledThen() {
    var running = RunningCalls<String>()
    #expect(running.open(link: 1, call: 5, until: 100) == true)
    #expect(running.unwanted(link: 1, call: 5) == nil)
    #expect(running.attach("one", link: 1, call: 5) == true)
  }

  /// A task that has ended before it could be kept.
  @Test func whatHasEndedIsNotKept() {
    var running = RunningCalls<String>()
    #expect(running.open(link: 1, call: 5, until: 100) == true)
    running.remove(link: 1, call: 5)
    #expect(running.attach("one", link: 1, call: 5) == false)
    #expect(running.count == 0)
    #expect(running.timers == 0)
    // Its place serves another, with another deadline.
    #expect(running.open(link: 1, call: 6, until: 200) == true)
    #expect(running.attach("two", link: 1, call: 6) == false)
    #expect(running.expired(now: 199) == [])
    #expect(running.expired(now: 200) == ["two"])
  }
}

@Suite struct DeadLettersTests {
  @Test func oneOfAKindASecondIsLogged() {
    var letters = DeadLetters()
    #expect(letters.add(.lateAnswer, now: 0) == 0)
    for now in 1...999 as ClosedRange<Int64> { #expect(letters.add(.lateAnswer, now: now) == nil) }
    #expect(letters.add(.goneActor, now: 5) == 0)
    #expect(letters.add(.lateAnswer, now: 1_000) == 999)
    #expect(letters.counts == [.lateAnswer: 1_001, .goneActor: 1])
  }
}
