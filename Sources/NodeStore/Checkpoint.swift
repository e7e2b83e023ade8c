// What a partition writes to the state file and reads back from it: values.

/// The key of one row of a durable actor.
public struct ActorRowKey: Hashable, Sendable {
  public var actorType: String
  public var actorID: String
  public var rowKey: String

  public init(actorType: String, actorID: String, rowKey: String) {
    self.actorType = actorType
    self.actorID = actorID
    self.rowKey = rowKey
  }
}

/// The name of a durable actor.
public struct ActorName: Hashable, Sendable {
  public var actorType: String
  public var actorID: String

  public init(actorType: String, actorID: String) {
    self.actorType = actorType
    self.actorID = actorID
  }
}

/// One row of a durable actor's state.
public struct ActorRow: Equatable, Sendable {
  public var actorType: String
  public var actorID: String
  public var rowKey: String
  /// The log index of the entry that last wrote this row.
  public var index: UInt64
  public var value: [UInt8]

  public init(actorType: String, actorID: String, rowKey: String, index: UInt64, value: [UInt8]) {
    self.actorType = actorType
    self.actorID = actorID
    self.rowKey = rowKey
    self.index = index
    self.value = value
  }

  public var key: ActorRowKey {
    ActorRowKey(actorType: actorType, actorID: actorID, rowKey: rowKey)
  }
}

/// Everything that a partition's committed entries up to `appliedIndex` changed since its last checkpoint. Written in
/// one transaction: deleted actors, then deletes, then puts, then the read model in its order.
public struct PartitionCheckpoint: Equatable, Sendable {
  public var partition: PartitionID
  /// The last entry whose effects are included. Never lower than that of an earlier checkpoint.
  public var appliedIndex: UInt64
  /// Every row of these actors goes. Each costs what its rows cost: name only so many that a transaction stays short.
  public var deletedActors: [ActorName]
  public var puts: [ActorRow]
  public var deletes: [ActorRowKey]
  public var readModel: [ReadModelChange]

  public init(
    partition: PartitionID,
    appliedIndex: UInt64,
    puts: [ActorRow] = [],
    deletes: [ActorRowKey] = [],
    readModel: [ReadModelChange] = [],
    deletedActors: [ActorName] = []
  ) {
    self.partition = partition
    self.appliedIndex = appliedIndex
    self.puts = puts
    self.deletes = deletes
    self.readModel = readModel
    self.deletedActors = deletedActors
  }
}

/// A partition as its latest checkpoint left it.
public struct LoadedPartition: Equatable, Sendable {
  /// 0 when there was no checkpoint.
  public var appliedIndex: UInt64
  /// Sorted by actor type, actor id and row key, each compared by its UTF-8 bytes.
  public var rows: [ActorRow]

  public init(appliedIndex: UInt64 = 0, rows: [ActorRow] = []) {
    self.appliedIndex = appliedIndex
    self.rows = rows
  }
}

/// One actor as the state file has it.
public struct LoadedActor: Equatable, Sendable {
  public var name: ActorName
  /// Sorted by row key, compared by its UTF-8 bytes. Empty when nothing is stored.
  public var rows: [ActorRow]

  public init(name: ActorName, rows: [ActorRow]) {
    self.name = name
    self.rows = rows
  }
}
