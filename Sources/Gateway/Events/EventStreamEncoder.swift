// From committed changes to the text of one reader's event stream: pure.
package import ActorCluster
internal import ContactCenter
internal import NodeStore

/// Filters, numbers and formats the events of one stream, and knows which id its reader has.
package struct EventStreamEncoder: Sendable {
  private let filter: EventFilter
  private let placement: Placement
  private let start: StreamPosition
  /// Of the changes that the reader has in part: those that have not come again yet.
  private var pending: [StreamPosition.Partial]
  private var position: EventPosition
  /// Whether the reader was told `position` as an id.
  private var isToldPosition = true

  /// - Parameter start: where the reader stands. Changes are then those after `start.resumption`.
  package init(filter: EventFilter, placement: Placement, start: StreamPosition) {
    self.filter = filter
    self.placement = placement
    self.start = start
    pending = start.partials
    position = start.resumption
  }

  /// The messages of one change; empty if the reader wants none of it.
  /// - Parameter position: where a reader that has seen it stands.
  package mutating func encode(
    actor: ActorKey, time: PartitionTime, events: [any Sendable], position: EventPosition
  ) -> String {
    let published = events.compactMap { publicEvent(actor: actor, event: $0, at: time) }
    let partition = placement.partition(of: actor)
    let seen = takeSeen(partition, position)
    let wanted = published.indices.filter { $0 >= seen && filter.matches(published[$0]) }
    self.position = position
    isToldPosition = !wanted.isEmpty
    var text = ""
    for index in wanted {
      let isLast = index == wanted.last
      let id = told(isLast ? nil : StreamPosition.Partial(partition: partition, seen: index + 1))
      text +=
        ServerSentEvent(
          id: id.description, event: published[index].kind.rawValue,
          data: String(decoding: JSONBody.bytes(published[index]), as: UTF8.self)
        ).text
    }
    return text
  }

  /// What a silent stream says: that it is alive, and where it is if it passed over events that its reader did not want.
  package mutating func keepAlive() -> String {
    let comment = ServerSentEvent.comment("keep-alive")
    guard !isToldPosition else { return comment }
    isToldPosition = true
    return comment + Self.positionMessage(told(nil))
  }

  package static func positionMessage(_ position: StreamPosition) -> String {
    ServerSentEvent(id: position.description, event: "position", data: "{}").text
  }

  /// Says that events were missed for good. The empty id makes a browser forget its position: it begins anew.
  package static func goneMessage(_ words: String) -> String {
    ServerSentEvent(
      id: "", event: "gone", data: String(decoding: JSONBody.bytes(["message": words]), as: UTF8.self)
    ).text
  }

  /// The id of where the reader stands now: changes that it has in part and that have not come again stay so.
  private func told(_ partial: StreamPosition.Partial?) -> StreamPosition {
    var told = position
    for partial in pending {
      let slot = Int(partial.partition.rawValue)
      told.indices[slot] = start.position.indices[slot]
    }
    return StreamPosition(told, partials: pending + (partial.map { [$0] } ?? []))
  }

  /// How many events of this change the reader has.
  private mutating func takeSeen(_ partition: PartitionID, _ position: EventPosition) -> Int {
    guard let index = pending.firstIndex(where: { $0.partition == partition }) else { return 0 }
    let seen = pending.remove(at: index).seen
    let slot = Int(partition.rawValue)
    return start.position.indices[slot] == position.indices[slot] ? seen : 0
  }
}
