// `switchboard ctl store restore`: makes the data directory of a node of a new cluster out of a backup. Touches files and stdout.
internal import ActorCluster
internal import ArgumentParser
internal import NodeStore

struct CtlStoreRestore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make a node of a new cluster out of a backup.",
    discussion: """
      Run it once for every node of the new cluster, each time with the same backup file, and then start them all. The \
      configuration must give the cluster a new name, and as many partitions as the backup's cluster had; the nodes may \
      have other names. What the old cluster acknowledged after the backup is not in it. Exit codes: 0 restored; 1 the \
      backup or the directory cannot be used; 2 the configuration is wrong.
      """)

  @Option(help: "The backup, as switchboard ctl backup made it.")
  var backup: String

  @Option(help: "The configuration file of the new cluster.")
  var config: String

  @Option(help: "Which of the file's nodes to make (or SWITCHBOARD_NODE); needed when there are several.")
  var node: String?

  @Option(help: "The data directory to make, instead of the file's data_directory.")
  var data: String?

  func run() throws {
    let settings = try NodeCommand.readSettings(config: config, node: node, set: [], data: data)
    let topology = settings.topology
    let description: BackupDescription
    do throws(StoreError) {
      description = try topology.restore(
        backup: backup, directory: settings.dataDirectory, node: settings.own.name)
    } catch {
      throw ExitStatus.failed.because("\(error)")
    }
    print(
      "\(settings.dataDirectory) is node \(settings.own.name) of cluster \(settings.cluster) now, restored to this point:"
    )
    print(Self.words(description))
  }

  /// The point that a backup is of.
  static func words(_ backup: BackupDescription) -> String {
    let head =
      "cluster \(backup.cluster), made by node \(backup.node) at \(backup.time), "
      + "\(backup.partitions.reduce(0) { $0 + $1.rows }) rows"
    let partitions = backup.partitions.map {
      "  partition \($0.partition): through entry \($0.appliedIndex), \($0.rows) rows"
    }
    return ([head] + partitions).joined(separator: "\n")
  }
}
