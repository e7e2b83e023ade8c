// What the configuration tests share: a sound file, a fake disk, and a short way to read one with the other.
import Switchboard

/// Line 1 is `cluster:`. Every test changes one thing of it.
let soundFile = """
  cluster:
    name: test
    partitions: 16
  nodes:
    north: {peer: "127.0.0.1:7101", api: "127.0.0.1:8101"}
    south: {peer: "127.0.0.1:7102", api: "127.0.0.1:8102"}
    east: {peer: "127.0.0.1:7103", api: "127.0.0.1:8103"}
  data_directory: data/${node}
  tls:
    certificate: pki/${node}.pem
    key: pki/${node}.key
    authority: pki/ca.pem
  api:
    tokens: tokens.yaml
  timing: lan
  log_level: info
  chaos: forbidden
  threads: 2
  """

let soundTokens = """
  - {name: demo, role: admin, sha256: "\(String(repeating: "ab", count: 32))"}
  - {name: "wall-board", role: viewer, sha256: "\(String(repeating: "0c", count: 32))"}
  """

/// A disk of texts; everything below `/etc/sw` exists, except the data and what is said to be missing.
struct FakeDisk {
  var tokens = soundTokens
  var missing: Set<String> = []
  var looks: [String: FileLook] = [:]

  var view: FileView {
    let (tokens, missing, looks) = (tokens, missing, looks)
    return FileView(
      look: { path in
        if missing.contains(path) { return .missing }
        return looks[path]
          ?? (path.hasPrefix("/etc/sw/data/") || !path.hasPrefix("/etc/sw/")
            ? .missing : .file(mode: 0o600, isMounted: false))
      },
      read: { $0.hasSuffix("tokens.yaml") ? .success(tokens) : .failure(FileFailure("not there")) })
  }
}

func input(_ text: String = soundFile, node: String? = "north") -> ConfigurationInput {
  ConfigurationInput(
    file: "/etc/sw/cluster.yaml", text: text, node: node.map { SettingValue($0, .flag("--node \($0)")) },
    workingDirectory: "/home/op")
}

/// The problems as a person sees them; empty when the configuration is sound.
func problems(
  _ text: String = soundFile, node: String? = "north", disk: FakeDisk = FakeDisk(),
  change: (inout ConfigurationInput) -> Void = { _ in }
) -> [String] {
  var input = input(text, node: node)
  change(&input)
  do throws(InvalidConfiguration) {
    _ = try NodeSettingsReader.read(input, files: disk.view)
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

/// Replaces exactly one occurrence, so that a test that no longer changes anything fails.
func sound(_ old: String, _ new: String) -> String {
  let parts = soundFile.split(separator: old, omittingEmptySubsequences: false)
  precondition(parts.count == 2, "\(old) occurs \(parts.count - 1) times")
  return parts.joined(separator: new)
}
