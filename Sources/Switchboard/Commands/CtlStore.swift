// `switchboard ctl store`: looks at data directories and restores backups, without a node. Touches files, stdout, stderr.
internal import ArgumentParser
internal import Foundation
internal import NodeStore

struct CtlStore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Look at a data directory, verify it, or restore one from a backup.",
    subcommands: [CtlStoreVerify.self, CtlStoreStats.self, CtlStoreLook.self, CtlStoreRestore.self])

  /// A line for the person who waits; stdout has only what was asked for.
  static func say(_ words: String) {
    FileHandle.standardError.write(Data("\(words)\n".utf8))
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

struct CtlStoreVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare every page, batch and row of a stopped node with its checksums.",
    discussion: """
      Changes nothing. While the node runs it refuses: stop the node, or verify a copy of its directory. A file with a WAL \
      is copied for the time, next to itself. Exit codes: 0 all is as it was written; 1 something is not; 2 it could not be \
      verified.
      """)

  @Option(help: "The data directory.")
  var data: String

  @Flag(help: "Print counts and findings as JSON.")
  var json = false

  func run() throws {
    let verification: StoreVerification
    do throws(StoreError) {
      var last = (phase: "", time: ContinuousClock.now)
      verification = try StoreVerification.run(directory: data) { progress in
        let now = ContinuousClock.now
        guard progress.phase != last.phase || now - last.time > .seconds(1) else { return }
        last = (progress.phase, now)
        CtlStore.say(
          progress.total > 0 ? "\(progress.phase): \(progress.done) of \(progress.total)" : progress.phase)
      }
    } catch {
      throw ExitStatus.configuration.because("\(error)")
    }
    if json {
      print(try CtlStore.json(verification))
    } else {
      for finding in verification.findings { print(finding) }
      if verification.damageCount > verification.findings.count {
        print("and more: \(verification.damageCount) findings of damage in all")
      }
      print(
        "\(verification.batches) batches with \(verification.entries) entries that count, \(verification.rows) rows, "
          + "\(verification.readModelRows) read-model rows: "
          + (verification.isClean ? "no damage" : "DAMAGED"))
    }
    guard verification.isClean else { throw ExitStatus.failed.exitCode }
  }
}

struct CtlStoreLook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "look", abstract: "Ask a data directory's SQLite files a question, also of a running node.",
    discussion: """
      Without a question it prints the sqlite3 command that cannot harm a running node. A question is one SELECT; it is \
      stopped after 5 seconds, because as long as somebody reads, the node's WAL grows.
      """)

  @Option(help: "The data directory.")
  var data: String

  @Option(help: "state.db or log.db.")
  var file = "state.db"

  @Option(help: "How many rows to print at most.")
  var limit = 1000

  @Flag(help: "Print columns and rows as JSON.")
  var json = false

  @Argument(help: "One SELECT.")
  var question: String?

  func validate() throws {
    guard ["state.db", "log.db"].contains(file) else { throw ValidationError("--file is state.db or log.db") }
    guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() throws {
    guard let question else {
      print(StoreQuery.commandLine(directory: data, file: file))
      return
    }
    let answer: StoreQuery
    do throws(StoreError) {
      answer = try StoreQuery.run(directory: data, file: file, sql: question, rowLimit: limit)
    } catch {
      throw ExitStatus.configuration.because("\(error)")
    }
    if json {
      print(try CtlStore.json(answer))
    } else {
      print(answer.columns.joined(separator: "\t"))
      for row in answer.rows { print(row.map { $0 ?? "NULL" }.joined(separator: "\t")) }
      if answer.isCut { CtlStore.say("there are more than \(limit) rows: give --limit") }
    }
  }
}
