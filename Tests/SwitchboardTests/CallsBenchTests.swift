// The values of the benchmark of calls: its options and medians.

import Switchboard
import Testing

struct CallsBenchTests {
  @Test func theMedianIsOfTheRatiosAndNotOfTheirParts() {
    // The machine grew slower from run to run: the parts say nothing, the ratios agree.
    let runs = AlternatedRuns([(10, 12), (20, 26), (40, 44), (80, 104), (160, 176)])
    #expect(runs.ratios == [1.2, 1.3, 1.1, 1.3, 1.1])
    #expect(runs.median == 1.2)
    #expect(runs.medianRun == 0)
  }

  @Test func mediansOfFewRuns() {
    #expect(AlternatedRuns([]).median == nil)
    #expect(AlternatedRuns([]).medianRun == nil)
    #expect(AlternatedRuns([(2, 3)]).median == 1.5)
    // The lower one in the middle; of equal ones the first.
    #expect(AlternatedRuns([(1, 4), (1, 1), (1, 3), (1, 2)]).medianRun == 3)
    #expect(AlternatedRuns([(1, 2), (1, 2), (1, 2)]).medianRun == 1)
  }

  @Test func linksAreMeasuredWithTLSFirst() {
    #expect(TLSChoice.both.modes == [true, false])
    #expect(TLSChoice.on.modes == [true])
    #expect(TLSChoice.off.modes == [false])
    #expect(TLSChoice(rawValue: "maybe") == nil)
  }
}
