// The engine beside routing that looks at everything each time: random histories, the same matches.
import ContactCenter
import Testing

@Suite struct RoutingPropertyTests {
  @Test(
    "Random histories give the matches of the naive rules; nobody is above capacity, nothing is lost, nobody waits beside a free agent",
    arguments: 0..<20 as Range<UInt64>)
  func agrees(_ seed: UInt64) {
    var history = RandomRouting(seed: seed)
    for step in 0..<250 {
      history.step()
      if let problem = history.problem {
        Issue.record("seed \(seed), step \(step): \(problem)")
        return
      }
    }
    #expect(history.given > 50, "seed \(seed): a history in which hardly anything happens")
  }
}
