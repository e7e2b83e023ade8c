// The text of event streams: format, filters, and ids that lose and repeat nothing wherever a reader is cut off.
import ActorCluster
import ContactCenter
import Gateway
import NodeStore
import Testing

@Suite struct EventStreamTests {
  struct Change {
    var actor: ActorKey
    var events: [any Sendable]
    var position: EventPosition
  }

  private static let placement = Placement(partitionCount: 4)
  private static let time = PartitionTime(milliseconds: 1_000)

  private static func start(_ indices: [UInt64] = [0, 0, 0, 0]) -> StreamPosition {
    StreamPosition(EventPosition(indices: indices))
  }

  // MARK: format

  @Test func messagesHaveTheirForm() {
    let message = ServerSentEvent(id: "a1", event: "queue.changed", data: "one\ntwo")
    #expect(message.text == "id: a1\nevent: queue.changed\ndata: one\ndata: two\n\n")
    #expect(ServerSentEvent(id: nil, event: "e", data: "").text == "event: e\ndata: \n\n")
    let separator = ServerSentEvent(id: nil, event: "e", data: "A\u{2028}B\u{85}C")
    #expect(separator.text == "event: e\ndata: A\u{2028}B\u{85}C\n\n")
    #expect(ServerSentEvent.comment("keep-alive") == ": keep-alive\n\n")
  }

  @Test func filtersNeedEveryFieldToMatch() throws {
    let event = try #require(
      publicEvent(actor: .agent("ann"), event: AgentEvent.ready, at: Self.time))
    #expect(EventFilter().matches(event))
    #expect(EventFilter(agent: "ann").matches(event))
    #expect(!EventFilter(agent: "bob").matches(event))
    #expect(!EventFilter(agent: "ann", queue: "q").matches(event))
    #expect(!EventFilter(interaction: "i").matches(event))
  }

  @Test func anEventIsOneMessage() {
    var encoder = EventStreamEncoder(filter: EventFilter(), placement: Self.placement, start: Self.start())
    let text = encoder.encode(
      actor: .agent("ann"), time: Self.time, events: [AgentEvent.ready],
      position: EventPosition(indices: [0, 1, 0, 0]))
    #expect(
      text == """
        id: \(EventPosition(indices: [0, 1, 0, 0]))
        event: agent.changed
        data: {"agent":"ann","atMs":1000,"availability":"ready","change":"ready","kind":"agent.changed"}


        """)
  }

  @Test func silentStreamsSayWhereTheyAreOnce() {
    var encoder = EventStreamEncoder(
      filter: EventFilter(agent: "bob"), placement: Self.placement, start: Self.start())
    #expect(encoder.keepAlive() == ": keep-alive\n\n")
    let passed = EventPosition(indices: [3, 0, 0, 0])
    #expect(
      encoder.encode(actor: .agent("ann"), time: Self.time, events: [AgentEvent.ready], position: passed)
        == "")
    #expect(encoder.keepAlive() == ": keep-alive\n\nid: \(passed)\nevent: position\ndata: {}\n\n")
    #expect(encoder.keepAlive() == ": keep-alive\n\n")
  }

  // MARK: positions

  @Test func positionsSurviveText() throws {
    var random = SplitMix64(seed: 7)
    for _ in 0..<200 {
      let indices = (0..<4).map { _ in random.next() >> UInt64(1 + random.below(60)) + 1 }
      let partials = (0..<4).filter { _ in random.below(2) == 0 }.map {
        StreamPosition.Partial(partition: PartitionID(rawValue: UInt32($0)), seen: 1 + random.below(5))
      }
      let position = StreamPosition(EventPosition(indices: indices.map { max(1, $0) }), partials: partials)
      #expect(StreamPosition(position.description, placement: Self.placement) == position)
    }
  }

  @Test func otherTextIsNoPosition() {
    let good = Self.start([1, 1, 1, 1]).description
    for text in [
      "", "x", "~", "0", good + "0", "\(good)~", "\(good)~1", "\(good)~1.0", "\(good)~4.1", "\(good)~1.1,",
      "\(good)~1.1,1.2", "\(good)~2.1,1.1", "\(good)~-1.1", "\(good)~1.1~2.1", "\(Self.start())~1.1",
      EventPosition(indices: [1, 2]).description, String(repeating: "f", count: 100_000),
    ] {
      #expect(StreamPosition(text, placement: Self.placement) == nil, "\(text.prefix(80))")
    }
  }

  // MARK: resuming

  /// A cluster's history: changes with one to four events, on random partitions.
  private static func history(_ random: inout SplitMix64) -> [Change] {
    var indices: [UInt64] = [0, 0, 0, 0]
    return (0..<30).map { number in
      let agent = ActorKey.agent("agent-\(number)")
      indices[Int(placement.partition(of: agent).rawValue)] += 1 + UInt64(random.below(3))
      let events = (0...random.below(4)).map {
        $0.isMultiple(of: 2) ? AgentEvent.ready : AgentEvent.signedOut
      }
      return Change(actor: agent, events: events, position: EventPosition(indices: indices))
    }
  }

  /// What a node delivers to a reader that resumes: each partition in its order, partitions interleaved anew.
  private static func after(
    _ start: EventPosition, of history: [Change], _ random: inout SplitMix64
  ) -> [Change] {
    var lines = placement.partitions.map { partition in
      history.filter {
        placement.partition(of: $0.actor) == partition
          && $0.position.indices[Int(partition.rawValue)] > start.indices[Int(partition.rawValue)]
      }[...]
    }
    var indices = start.indices
    var delivered: [Change] = []
    while let slot = lines.indices.filter({ !lines[$0].isEmpty }).randomElement(using: &random) {
      guard var change = lines[slot].popFirst() else { continue }
      indices[slot] = change.position.indices[slot]
      change.position = EventPosition(indices: indices)
      delivered.append(change)
    }
    return delivered
  }

  @Test(arguments: 0..<60)
  func readersCutOffAnywhereMissAndRepeatNothing(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let history = Self.history(&random)
    let all = history.flatMap { change in change.events.map { _ in change.actor.id } }
    var position = Self.start()
    var seen: [String] = []
    for _ in 0..<200 {
      var encoder = EventStreamEncoder(filter: EventFilter(), placement: Self.placement, start: position)
      var cutAfter = 1 + random.below(5)
      reading: for change in Self.after(position.resumption, of: history, &random) {
        let text = encoder.encode(
          actor: change.actor, time: Self.time, events: change.events, position: change.position)
        for message in text.components(of: "\n\n") {
          guard cutAfter > 0 else { break reading }
          cutAfter -= 1
          let id = try #require(message.split(separator: "\n").first?.dropFirst(4))
          position = try #require(
            StreamPosition(String(id), placement: Self.placement), "seed \(seed): \(id)")
          seen.append(change.actor.id)
        }
      }
      if cutAfter > 0 { break }
    }
    #expect(seen.sorted() == all.sorted(), "seed \(seed)")
  }
}

extension String {
  fileprivate func components(of separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: true)
  }
}
