// What a crash or a bad disk leaves behind: images of the files, taken while the store runs, torn and bent.
import Foundation
import NodeStore
import Raft
import Synchronization
import Testing

@Suite struct CrashTests {
  private struct Image: Sendable {
    var path: String
    /// Requests whose completion had been called, and requests that had been made, when the image was taken.
    var acknowledged: Int
    var made: Int
  }

  /// The writer's thread copies the files between two steps of its own, so that each image is a moment of the disk.
  private final class Photographer: Sendable {
    struct State {
      var random: SplitMix64
      var acknowledged = 0
      var made = 0
      var images: [Image] = []
    }

    let state: Mutex<State>
    let scratch: ScratchDirectory
    let directory: String

    init(seed: UInt64, scratch: ScratchDirectory, directory: String) {
      state = Mutex(State(random: SplitMix64(seed: seed)))
      self.scratch = scratch
      self.directory = directory
    }

    func maybe() {
      state.withLock { state in
        guard state.images.count < 12, Int.random(in: 0..<8, using: &state.random) == 0 else { return }
        let path = try? scratch.image(of: directory, named: "image-\(state.images.count)")
        guard let path else {
          Issue.record("no image could be taken")
          return
        }
        state.images.append(Image(path: path, acknowledged: state.acknowledged, made: state.made))
      }
    }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func acknowledgedSurvivesACrashAtAnyMoment(seed: UInt64) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let photographer = Photographer(seed: seed, scratch: scratch, directory: directory)
    let faults = StoreFaults(
      beforeLogCommit: { () throws(StoreError) in photographer.maybe() },
      afterLogCommit: { photographer.maybe() })
    let store = try openStore(directory, faults: faults)
    var random = SplitMix64(seed: seed &* 31)
    // The state after each request.
    var models = [LogModel()]
    for _ in 0..<300 {
      var model = models[models.count - 1]
      let partition = PartitionID(rawValue: UInt32.random(in: 0..<3, using: &random))
      let request = model.randomRequest(of: partition, maximumPayload: 8000, using: &random)
      model.take(request, of: partition)
      models.append(model)
      photographer.state.withLock { $0.made += 1 }
      store.append(partition: partition, request: request) { _ in
        photographer.state.withLock { $0.acknowledged += 1 }
      }
      if Int.random(in: 0..<3, using: &random) == 0 { try await Task.sleep(for: .microseconds(200)) }
    }
    store.close()
    let images = photographer.state.withLock { $0.images }
    #expect(!images.isEmpty, "seed \(seed)")
    for image in images {
      let crashed = try openStore(image.path)
      let recovered = crashed.takeRecovered()
      let isExpected = models[image.acknowledged...image.made].contains { $0.logs == recovered }
      #expect(
        isExpected,
        "seed \(seed), \(image.path): not a state between \(image.acknowledged) and \(image.made) requests")
      crashed.close()
    }
  }

  private struct RunningLog {
    var image: String
    var model: LogModel
    /// The state before the last request, and the length of the WAL then.
    var previous: LogModel
    var previousLength: Int
    var wal: [UInt8]
  }

  /// Sequential requests, each a transaction of its own; the image is taken without a close.
  private func run(seed: UInt64, _ scratch: ScratchDirectory) async throws -> RunningLog {
    var random = SplitMix64(seed: seed)
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    var model = LogModel()
    var previous = model
    var previousLength = 0
    for number in 0..<20 {
      if number == 19 {
        previous = model
        previousLength = try Data(contentsOf: URL(fileURLWithPath: directory + "/log.db-wal")).count
      }
      let partition = PartitionID(rawValue: UInt32(number % 3))
      var request = model.randomRequest(of: partition, maximumPayload: 6000, using: &random)
      if number == 19 {
        // Several frames, so that there is something to tear.
        let next = (model.logs[partition]?.entries.last?.index ?? 0) + 1
        request = NodeStoreTests.request(entries: [entry(next, term: 99, Array(repeating: 5, count: 30_000))])
      }
      model.take(request, of: partition)
      let error = await store.append(partition.rawValue, request).error
      #expect(error == nil)
    }
    let image = try scratch.image(of: directory, named: "image")
    store.close()
    let wal = [UInt8](try Data(contentsOf: URL(fileURLWithPath: image + "/log.db-wal")))
    return RunningLog(
      image: image, model: model, previous: previous, previousLength: previousLength, wal: wal)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func tornTailIsCut(seed: UInt64) async throws {
    let scratch = try ScratchDirectory()
    let log = try await run(seed: seed, scratch)
    var random = SplitMix64(seed: seed &+ 1000)
    for attempt in 0..<4 {
      var wal = log.wal
      if attempt % 2 == 0 {
        // The end never arrived.
        wal.removeLast(Int.random(in: 1..<(wal.count - log.previousLength), using: &random))
      } else {
        // The file grew, but one sector of the last transaction never arrived.
        // A sector of zeros that did not arrive is not missed: another one then.
        var sector = 0..<0
        repeat {
          let start = Int.random(in: log.previousLength + 24..<wal.count - 512, using: &random)
          sector = start..<start + 512
        } while wal[sector].allSatisfy { $0 == 0 }
        wal.replaceSubrange(sector, with: repeatElement(0, count: sector.count))
      }
      let torn = try scratch.image(of: log.image, named: "torn-\(attempt)")
      try Data(wal).write(to: URL(fileURLWithPath: torn + "/log.db-wal"))
      let store = try openStore(torn)
      let recovered = store.takeRecovered()
      let isPrevious = recovered == log.previous.logs
      #expect(isPrevious, "seed \(seed), attempt \(attempt)")
      #expect(store.openNotes.count == 1, "seed \(seed), attempt \(attempt)")
      // And the log goes on from there.
      let next = (recovered[PartitionID(rawValue: 1)]?.entries.last?.index ?? 0) + 1
      let error = await store.append(1, request(entries: [entry(next)])).error
      #expect(error == nil)
      store.close()
      let again = try openStore(torn)
      let last = again.recovered[PartitionID(rawValue: 1)]?.entries.last
      #expect(last == entry(next))
      again.close()
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func flippedBitInTheMiddleOfTheWALIsDamage(seed: UInt64) async throws {
    let scratch = try ScratchDirectory()
    let log = try await run(seed: seed, scratch)
    var random = SplitMix64(seed: seed &+ 2000)
    for attempt in 0..<6 {
      // The header and every frame up to the last two transactions.
      let offset = attempt == 0 ? 16 : Int.random(in: 32..<log.previousLength - 5 * 4120, using: &random)
      let bent = try scratch.image(of: log.image, named: "bent-\(attempt)")
      try flipBit(of: bent + "/log.db-wal", at: offset, bit: UInt8.random(in: 0..<8, using: &random))
      guard case .damaged(let file, _)? = openError(bent) else {
        Issue.record("seed \(seed): a flipped bit at \(offset) was not noticed")
        continue
      }
      #expect(file.hasSuffix("log.db-wal"))
    }
  }

  @Test func flippedBitInABatchNamesBatchAndPartition() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    let marker = Array("look for these bytes".utf8)
    for index in 1...5 as ClosedRange<LogIndex> {
      _ = await store.append(6, request(entries: [entry(index, index == 3 ? marker : [9])]))
      _ = await store.append(8, request(entries: [entry(index)]))
    }
    store.close()
    let file = directory + "/log.db"
    let found = try #require(try Data(contentsOf: URL(fileURLWithPath: file)).range(of: Data(marker)))
    try flipBit(of: file, at: found.lowerBound + 4, bit: 3)
    let reopened = try openStore(directory)
    let detail = reopened.damagedPartitions[PartitionID(rawValue: 6)] ?? ""
    #expect(detail.contains("batch 5, partition 6: record 0 of 1 has a wrong checksum"), "\(detail)")
    #expect(reopened.damagedPartitions.count == 1)
    #expect(reopened.recovered.keys.sorted() == [PartitionID(rawValue: 8)])
    reopened.close()
  }
}
