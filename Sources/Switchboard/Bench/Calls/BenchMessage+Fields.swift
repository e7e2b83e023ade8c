// The message of the benchmark of calls is coded by hand, as messages of hot paths may be.
internal import CBOR

extension BenchMessage: CBORFields {
  static var fieldNames: any CodingKey.Type { CodingKeys.self }

  init(fields: CBORFieldReader) throws {
    interaction = try fields.read(CodingKeys.interaction.rawValue)
    queue = try fields.read(CodingKeys.queue.rawValue)
    place = try fields.read(CodingKeys.place.rawValue)
    priority = try fields.read(CodingKeys.priority.rawValue)
    skills = try fields.read(CodingKeys.skills.rawValue)
    note = try fields.read(CodingKeys.note.rawValue)
  }

  func write(to fields: CBORFieldWriter) throws {
    try fields.write(interaction, CodingKeys.interaction.rawValue)
    try fields.write(queue, CodingKeys.queue.rawValue)
    try fields.write(place, CodingKeys.place.rawValue)
    try fields.write(priority, CodingKeys.priority.rawValue)
    try fields.write(skills, CodingKeys.skills.rawValue)
    try fields.write(note, CodingKeys.note.rawValue)
  }
}
