// `switchboard ctl store stats`: says what uses the space of a data directory. Touches files and stdout.
internal import ArgumentParser
internal import NodeStore

struct CtlStoreStats: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "What uses the space of a data directory, also of a running node.")

  @Option(help: "The data directory.")
  var data: String

  @Option(help: "Seconds that one question may take; as long as somebody reads, a running node's WAL grows.")
  var limit = 60

  @Flag(help: "Print everything as JSON.")
  var json = false

  func run() throws {
    let usage: StoreUsage
    do throws(StoreError) {
      usage = try StoreUsage.measure(directory: data, secondsLimit: max(1, limit))
    } catch {
      throw ExitStatus.configuration.because("\(error)")
    }
    print(json ? try CtlStore.json(usage) : Self.text(usage))
  }

  static func text(_ usage: StoreUsage) -> String {
    var lines: [String] = []
    for file in [usage.logFile, usage.stateFile] {
      lines.append(
        "\(file.path) (format \(file.format)): \(size(file.fileBytes)), WAL \(size(file.walBytes)), "
          + "\(size(file.freePages * file.pageSize)) of it free")
      for table in file.tables {
        lines.append(
          "  \(table.name): \(table.rows) rows, \(table.isEstimate ? "about " : "")\(size(table.bytes))")
      }
    }
    let log = usage.log
    lines.append(
      log.batches == 0
        ? "log: no batches"
        : "log: \(log.batches) batches (\(log.firstSequence) to \(log.lastSequence)), \(size(log.bytes))")
    if !usage.actors.isEmpty { lines.append("rows of actors, by partition and type:") }
    for actors in usage.actors {
      lines.append(
        "  partition \(actors.partition), \(actors.actorType): \(actors.rows) rows, \(size(actors.bytes))")
    }
    return lines.joined(separator: "\n")
  }

  /// `12.3 MiB`
  private static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if value < 1024 { return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)" }
      value /= 1024
    }
    return "\((value * 10).rounded() / 10) TiB"
  }
}
