// `switchboard ctl backup`: has a running node make a backup, and waits for it. Touches the network, and the token file.
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NodeStore

struct CtlBackup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Make a backup of a running node.",
    discussion: """
      The node copies its state file into one file, backups/NAME.db in its data directory, while it goes on working. Move \
      the file to another place: it is on the node's own disk. It holds what was committed up to each partition's last \
      checkpoint; switchboard ctl store restore makes a new cluster out of it. Exit codes: 0 done; 1 the node did not \
      answer, or the backup failed; 2 no usable token was given.
      """)

  @Option(help: "The address of the node's API (or SWITCHBOARD_API). [http://127.0.0.1:8101]")
  var api: String?

  @OptionGroup var access: TokenOptions

  @Option(help: "The file's name, without a directory. [the time, in UTC]")
  var name: String?

  mutating func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let node = NodeBackupAPI(
      base: api ?? environment["SWITCHBOARD_API"] ?? "http://127.0.0.1:8101",
      token: try access.read(environment))
    do {
      var status = try await node.begin(name ?? Self.timeName())
      while status.state == "running" {
        try await Task.sleep(for: .milliseconds(500))
        status = try await node.status()
        if status.totalPages > 0 {
          CtlStore.say("copied \(status.pages) of \(status.totalPages) pages")
        }
      }
      guard status.state == "done", let backup = status.backup else {
        throw ExitStatus.failed.because("the backup failed: \(status.problem ?? "the node does not say why")")
      }
      print(status.path ?? "")
      print(CtlStoreRestore.words(backup))
    } catch let failure as NodeBackupAPI.Failure {
      throw ExitStatus.failed.because("\(node.base): \(failure.words)")
    }
  }

  private static func timeName() -> String {
    let seconds = Int(Date().timeIntervalSince1970)
    let time = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    return "backup-" + time.replacing(":", with: "").replacing("-", with: "")
  }
}

/// `/v1/node/backup` of one node.
private struct NodeBackupAPI {
  /// What the node answers; fields that newer nodes add are ignored.
  struct Status: Decodable {
    var state: String
    var path: String?
    var pages: Int
    var totalPages: Int
    var problem: String?
    var backup: BackupDescription?
  }

  struct Failure: Error {
    let words: String
  }

  let base: String
  let token: String

  func begin(_ name: String) async throws -> Status {
    var request = request()
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(["name": name])))
    return try await answer(request)
  }

  func status() async throws -> Status { try await answer(request()) }

  private func request() -> HTTPClientRequest {
    var address = base
    while address.hasSuffix("/") { address.removeLast() }
    var request = HTTPClientRequest(url: address + "/v1/node/backup")
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    return request
  }

  private func answer(_ request: HTTPClientRequest) async throws -> Status {
    do {
      let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
      let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
      guard response.status.code < 300 else {
        throw Failure(words: "status \(response.status.code): \(body.prefix(500))")
      }
      return try JSONDecoder().decode(Status.self, from: Data(body.utf8))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(words: "\(error)")
    }
  }
}
