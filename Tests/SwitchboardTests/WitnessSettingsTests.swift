// Which nodes may be witnesses, and what the others are told.
import ActorCluster
import PeerTransport
import Switchboard
import Testing

@Suite struct WitnessSettingsTests {
  private func file(_ witnesses: String...) -> String {
    var text = soundFile
    for name in witnesses {
      for line in text.split(separator: "\n") where line.contains("  \(name): {") {
        text = text.replacing(line, with: line.dropLast() + ", witness: true}")
      }
    }
    return text
  }

  private func read(_ text: String) throws -> NodeSettings {
    try NodeSettingsReader.read(input(text), files: FakeDisk().view)
  }

  @Test func oneOfThreeNodesMayBeAWitness() throws {
    let settings = try read(file("east"))
    #expect(settings.topology.witnesses.map(\.rawValue) == ["east"])
    #expect(settings.topology.dataNodes.map(\.rawValue) == ["north", "south"])
    #expect(settings.topology.fingerprint == "16 partitions on east (witness), north, south")
    #expect(settings.notes.isEmpty)
    // Without one nothing is different from what older versions have in their files.
    #expect(try read(soundFile).topology.fingerprint == "16 partitions on east, north, south")
  }

  @Test func aMajorityMustHoldTheState() {
    let words = problems(file("east", "south"))
    #expect(words.count == 1, "\(words)")
    #expect(words.first?.contains("2 of 3 nodes are witnesses") == true)
    #expect(problems(file("east", "north", "south")).first?.contains("all nodes are witnesses") == true)
  }

  @Test func oneOfTwoIsRefused() {
    let two = soundFile.replacing(
      #"  east: {peer: "127.0.0.1:7103", api: "127.0.0.1:8103"}"# + "\n", with: "")
    let words = problems(
      two.replacing(#"api: "127.0.0.1:8102"}"#, with: #"api: "127.0.0.1:8102", witness: true}"#))
    #expect(words.first?.contains("one of two nodes is a witness") == true, "\(words)")
  }

  @Test func aPairIsToldWhatItDoesNotHave() throws {
    let two = soundFile.replacing(
      #"  east: {peer: "127.0.0.1:7103", api: "127.0.0.1:8103"}"# + "\n", with: "")
    let settings = try read(two)
    #expect(settings.topology.isPair)
    #expect(settings.notes.count == 1 && settings.notes[0].contains("run-alone"))
  }
}
