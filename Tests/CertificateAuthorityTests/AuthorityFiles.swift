// What the tests of an authority's files share: a directory that goes away, and OpenSSL's opinion.

import CertificateAuthority
import Foundation
import Testing

final class TestDirectory {
  let path = NSTemporaryDirectory() + "/authority-" + UUID().uuidString
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func mode(_ file: String = "") throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: file.isEmpty ? path : path + "/" + file)
    return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
  }
  func text(_ file: String) throws -> String {
    try String(contentsOfFile: path + "/" + file, encoding: .utf8)
  }
  func details(_ file: String) throws -> CertificateDetails {
    try CertificateDetails(pem: try text(file), path: file)
  }
  func write(_ text: String, _ file: String) throws {
    try text.write(toFile: path + "/" + file, atomically: false, encoding: .utf8)
  }
  func setMode(_ mode: Int, _ file: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/" + file)
  }
  var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

enum OpenSSL {
  static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path))
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
