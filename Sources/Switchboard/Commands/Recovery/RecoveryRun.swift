// One decision from the command line to the files: shows, asks, fences, makes durable. Touches files, terminal, processes.
internal import ActorCluster
internal import ArgumentParser
internal import ContactCenter
internal import Foundation
internal import NodeStore
internal import PeerTransport
internal import Posix

/// What the three commands have in common.
struct RecoveryOptions: ParsableArguments {
  @Option(help: "The configuration file.")
  var config: String

  @Option(
    help: "The node that is to go on, which is this machine's (or SWITCHBOARD_NODE). It must be stopped.")
  var node: String?

  @Option(help: "Its data directory, instead of the file's data_directory.")
  var data: String?

  @Option(
    name: .customLong("yes-i-proved"),
    help: ArgumentHelp(
      "That you have made sure that a node is off: for each of the others.", valueName: "NAME-IS-OFF"))
  var proofs: [String] = []

  @Option(
    help: ArgumentHelp(
      "A shell command that turns the others off (they are in SWITCHBOARD_FENCE_NODES), and ends with 0 only when they are.",
      valueName: "command"))
  var fence: String?

  @Option(help: "How long it may take.")
  var fenceSeconds = 60

  func validate() throws {
    guard fence == nil || proofs.isEmpty else {
      throw ValidationError("give --fence or --yes-i-proved, not both: which one is the proof?")
    }
    guard (1...3_600).contains(fenceSeconds) else { throw ValidationError("--fence-seconds is 1 to 3600") }
  }

  static let help = """
    The node must be stopped. Shows what it has of each partition, how far it may be behind, and which promises do not hold \
    across the decision; without a proof that the other nodes are off nothing is changed. Then the node is the only voter of \
    every partition, in a new epoch: start it, and it serves. The others are refused when they come back with what they have; \
    they set it aside, write what they had acknowledged beyond this node to divergent-EPOCH.jsonl in their data directories, \
    and join again as new replicas. Exit codes: 0 done; 1 nothing was changed, for want of a proof or of what it needs; 2 the \
    configuration is wrong, or this is not the command for this cluster; 3 the data directory cannot be used.
    """
}

struct RecoveryRun {
  let options: RecoveryOptions
  let kind: RecoveryKind

  func run() async throws {
    let settings = try NodeCommand.readSettings(
      config: options.config, node: options.node, set: [], data: options.data)
    let topology = settings.topology
    // Before they are opened, which writes to them.
    let written = ["log.db", "log.db-wal"].compactMap {
      FileStatus(path: "\(settings.dataDirectory)/\($0)")?.written
    }.max()
    guard written != nil else {
      throw ExitStatus.dataDirectory.because(
        "\(settings.dataDirectory) has no log: is it the right directory?")
    }
    let recovery: ForcedRecovery
    do throws(StoreError) {
      recovery = try await ForcedRecovery(
        directory: settings.dataDirectory,
        identity: StoreIdentity(
          cluster: settings.cluster, node: settings.own.name.rawValue, topology: topology.fingerprint),
        topology: topology, node: settings.own.name, readModels: ReadModels.tables)
    } catch {
      throw ExitStatus.dataDirectory.because("\(error)")
    }
    defer { recovery.close() }
    for note in recovery.notes { CtlStore.say(note) }
    let others = recovery.plan.others
    if let refusal = kind.refusal(of: recovery.plan) { throw ExitStatus.configuration.because(refusal) }
    if let unknown = OffProof.unknown(options.proofs, others: others).first {
      let known = others.map(OffProof.words).joined(separator: ", ")
      throw ExitStatus.configuration.because("\"\(unknown)\" proves nothing here: it is \(known)")
    }
    print(
      RecoveryText.text(
        recovery.plan, kind, cluster: settings.cluster, written: written.map { $0 / 1_000_000 }, now: Self.now
      ))
    guard recovery.plan.isPossible else { throw ExitStatus.failed.because("nothing was changed") }
    try await prove(others)
    let epoch: UInt64
    do throws(StoreError) {
      epoch = try await recovery.carryOut(milliseconds: Self.now)
    } catch {
      throw ExitStatus.dataDirectory.because("\(error)")
    }
    print(
      """

      Node \(settings.own.name) goes on alone, in epoch \(epoch). Start it:
        switchboard node --config \(options.config) --node \(settings.own.name)
      Then let the others come back, one after the other: they join again by themselves. A machine with an empty disk first needs
        switchboard ctl rejoin --config \(options.config) --node NAME
      """)
  }

  private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

  private func prove(_ others: [NodeID]) async throws {
    if let fence = options.fence {
      CtlStore.say("fencing \(others.map(\.rawValue).joined(separator: ", "))")
      do throws(FencingCommand.Failure) {
        try await FencingCommand(command: fence, limit: .seconds(options.fenceSeconds)).run(against: others)
      } catch {
        throw ExitStatus.failed.because("\(error). Nothing was changed")
      }
      return
    }
    var missing = OffProof.missing(of: others, given: options.proofs)
    if isatty(STDIN_FILENO) == 1 {
      for node in missing {
        FileHandle.standardError.write(
          Data("\nMake sure that \(node) is off and stays so, then type \(OffProof.words(for: node)): ".utf8))
        guard readLine() == OffProof.words(for: node) else { break }
        missing.removeAll { $0 == node }
      }
    }
    guard missing.isEmpty else {
      let words = missing.map { "--yes-i-proved \(OffProof.words(for: $0))" }.joined(separator: " ")
      throw ExitStatus.failed.because(
        "nothing was changed. Make sure that \(missing.map(\.rawValue).joined(separator: ", ")) is off and stays so, then repeat "
          + "this with \(words), or give a command that turns it off with --fence")
    }
  }
}
