// How hard a simulated run is; drawn from its seed.

import Raft

struct Weather {
  var loss: Double
  var duplication: Double
  var maxDelay: Int
  var maxDiskDelay: Int
  var crash: Double
  /// Crashes that also lose the end of what was written and reported.
  var damage: Double
  var wipe: Double
  /// Everything stops at once.
  var outage: Double
  var partition: Double
  var heal: Double
  var hint: Double
  var transfer: Double
  var pause: Double
  var membership: Double
  var compaction: Double
  /// The host refuses, delays or damages snapshots.
  var snapshotTrouble: Double

  init(random: inout SplitMix64) {
    func pick(_ values: [Double], _ random: inout SplitMix64) -> Double {
      values.randomElement(using: &random) ?? 0
    }
    loss = pick([0, 0.02, 0.1, 0.25], &random)
    duplication = pick([0, 0.05, 0.2], &random)
    maxDelay = [1, 2, 4, 9].randomElement(using: &random) ?? 1
    maxDiskDelay = [0, 1, 3, 8].randomElement(using: &random) ?? 0
    crash = pick([0, 0.005, 0.02], &random)
    damage = pick([0, 0.3, 0.8], &random)
    wipe = pick([0, 0.1, 0.5], &random)
    outage = pick([0, 0, 0.004], &random)
    partition = pick([0, 0.01, 0.04], &random)
    heal = 0.05
    hint = pick([0, 0.01, 0.05], &random)
    transfer = pick([0, 0.01], &random)
    pause = pick([0, 0.01], &random)
    membership = pick([0, 0.02, 0.1], &random)
    compaction = pick([0, 0.02, 0.1], &random)
    snapshotTrouble = pick([0, 0.1, 0.3], &random)
  }

  static func calm(random: inout SplitMix64) -> Weather {
    var weather = Weather(random: &random)
    weather.loss = 0
    weather.duplication = 0
    weather.maxDelay = 1
    weather.maxDiskDelay = 1
    weather.crash = 0
    weather.damage = 0
    weather.wipe = 0
    weather.outage = 0
    weather.partition = 0
    weather.hint = 0
    weather.transfer = 0
    weather.pause = 0
    weather.membership = 0
    weather.snapshotTrouble = 0
    weather.heal = 1
    return weather
  }
}
