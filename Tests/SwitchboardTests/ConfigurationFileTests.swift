// The files that a configuration names, and the tokens file.
import Gateway
import PeerTransport
import Switchboard
import Testing

@Suite struct ConfigurationFileTests {
  @Test func filesThatAreMissingOrOfTheWrongKindAreNamed() {
    #expect(
      problems(disk: FakeDisk(missing: ["/etc/sw/pki/north.pem"])) == [
        "/etc/sw/cluster.yaml:10:16: tls.certificate: /etc/sw/pki/north.pem does not exist; allowed: a file; it must be the node's "
          + "certificate, from switchboard pki issue"
      ])
    #expect(
      problems(disk: FakeDisk(looks: ["/etc/sw/pki/ca.pem": .directory])) == [
        "/etc/sw/cluster.yaml:12:14: tls.authority: /etc/sw/pki/ca.pem is a directory; allowed: a file; it must be the cluster's "
          + "authority, from switchboard pki init"
      ])
    #expect(
      problems(disk: FakeDisk(looks: ["/etc/sw/data/north": .file(mode: 0o600, isMounted: false)])) == [
        "/etc/sw/cluster.yaml:8:17: data_directory: /etc/sw/data/north is a file, not a directory; allowed: a path; ${node} stands for "
          + "the node's name; name another place"
      ])
  }

  @Test func theRevocationListIsOptionalButMustBeThereWhenItIsNamed() throws {
    let text = sound("authority: pki/ca.pem", "authority: pki/ca.pem\n  revocation_list: pki/crl.pem")
    let read = try NodeSettingsReader.read(input(text), files: FakeDisk().view)
    #expect(read.tls.revocationListPath == "/etc/sw/pki/crl.pem")
    #expect(try NodeSettingsReader.read(input(), files: FakeDisk().view).tls.revocationListPath == nil)
    #expect(
      problems(text, disk: FakeDisk(missing: ["/etc/sw/pki/crl.pem"])) == [
        "/etc/sw/cluster.yaml:13:20: tls.revocation_list: /etc/sw/pki/crl.pem does not exist; allowed: a file; it must be the "
          + "authority's list of revoked certificates, crl.pem from switchboard pki; none are refused when left out"
      ])
  }

  @Test func secretsThatOthersCanReadAreRefused() {
    for path in ["/etc/sw/pki/north.key", "/etc/sw/tokens.yaml"] {
      for mode in [0o644, 0o640, 0o604, 0o660] as [UInt32] {
        let found = problems(disk: FakeDisk(looks: [path: .file(mode: mode, isMounted: false)]))
        #expect(found.count == 1)
        #expect(
          found.first?.contains("\(path) has mode \(String(mode, radix: 8)), which lets others read a secret")
            == true)
        #expect(found.first?.contains("chmod 600 \(path)") == true)
      }
      // As orchestrators mount secrets: root's, and readable by the group.
      #expect(problems(disk: FakeDisk(looks: [path: .file(mode: 0o640, isMounted: true)])) == [])
      #expect(problems(disk: FakeDisk(looks: [path: .file(mode: 0o644, isMounted: true)])).count == 1)
    }
    #expect(
      problems(disk: FakeDisk(looks: ["/etc/sw/pki/ca.pem": .file(mode: 0o644, isMounted: false)])) == [])
  }

  @Test func onlyTheNodePlaceholderIsFilledIn() {
    #expect(
      problems(sound("data/${node}", "data/${cluster}")) == [
        "/etc/sw/cluster.yaml:8:17: data_directory: \"data/${cluster}\" has a placeholder that is not known; allowed: ${node}; only "
          + "${node} is filled in"
      ])
  }

  @Test func theTokensFileIsCheckedWithTheRest() {
    let digest = String(repeating: "1", count: 64)
    let tokens = """
      - {name: demo, role: admn, sha256: "\(digest)"}
      - {name: "a b", role: agent, sha256: "\(digest)"}
      - {name: x, role: agent, sha256: swb_secret}
      - {name: y, role: agent}
      - {name: z, role: agent, sha256: "\(digest)", note: hi}
      """
    #expect(
      problems(disk: FakeDisk(tokens: tokens)) == [
        "/etc/sw/tokens.yaml:1:22: role: \"admn\" is no role; allowed: admin, agent, channel, supervisor, viewer; did you mean \"admin\"?",
        "/etc/sw/tokens.yaml:2:10: name: \"a b\" is no name; allowed: 1 to 64 letters, digits, -, _ and .; rename it",
        "/etc/sw/tokens.yaml:3:34: sha256: this is no SHA-256 digest; allowed: 64 hexadecimal digits; make a line with switchboard "
          + "pki token",
        "/etc/sw/tokens.yaml:4:3: sha256: it is missing; make a line with switchboard pki token",
        "/etc/sw/tokens.yaml:5:102: note: there is no such key; allowed: name, role, sha256; remove it",
      ])
  }

  @Test func anEmptyTokensFileIsAProblem() {
    for tokens in ["", "# nobody yet", "[]"] {
      #expect(
        problems(disk: FakeDisk(tokens: tokens)) == [
          "/etc/sw/tokens.yaml: it lists nobody, so nobody could use the API; make a line with switchboard pki token"
        ])
    }
  }

  @Test func theLineOfANewTokenIsReadAsItsCaller() throws {
    var generator = Counter()
    let token = NewToken.random(using: &generator)
    #expect(token == "swb_0000000000000001000000000000000200000000000000030000000000000004")
    let line = APITokenEntry(name: "demo", role: .channel, sha256: APIToken.sha256(of: token))
    let file = TokensFile(text: line.text + "\n", path: "tokens.yaml")
    #expect(file.problems == [])
    #expect(file.lines == [line])
    #expect(TokenTable(file.tokens).caller(presenting: token)?.name == "demo")
    #expect(TokenTable(file.tokens).caller(presenting: token)?.role == .channel)
    #expect(TokenTable(file.tokens).caller(presenting: token + "0") == nil)
  }

  private struct Counter: RandomNumberGenerator {
    var last: UInt64 = 0

    mutating func next() -> UInt64 {
      last += 1
      return last
    }
  }
}
