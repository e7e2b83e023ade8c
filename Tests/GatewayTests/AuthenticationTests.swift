// Who may do what, and what those who may not are told.
import Gateway
import Hummingbird
import Testing

@Suite struct AuthenticationTests {
  private let authentication: Authentication

  init() throws {
    authentication = Authentication(
      TokenTable(
        try Role.allCases.map {
          try APIToken(
            name: "the-\($0.rawValue)", role: $0, sha256: APIToken.sha256(of: "secret-\($0.rawValue)"))
        }))
  }

  private func status(_ header: String?, _ permission: Permission) -> Int {
    do {
      _ = try authentication.caller(authorization: header, needing: permission)
      return 200
    } catch {
      return error.status.code
    }
  }

  /// The contract's table of roles.
  @Test func rolesHaveTheirPermissionsAndNoOthers() {
    let allowed: [Role: Set<Permission>] = [
      .admin: [.read, .watch, .acknowledge, .serve, .arrive, .configure, .operate, .disrupt],
      .agent: [.read, .serve], .channel: [.read, .arrive],
      .supervisor: [.read, .watch, .acknowledge], .viewer: [.read, .watch],
    ]
    for role in Role.allCases {
      for permission in Permission.allCases {
        let expected = allowed[role]?.contains(permission) == true ? 200 : 403
        #expect(status("Bearer secret-\(role.rawValue)", permission) == expected, "\(role) \(permission)")
      }
    }
  }

  @Test(arguments: [
    nil, "", "Bearer", "Bearer ", "secret-admin", "Basic secret-admin", "Bearer secret-admi",
    "Bearer secret-adminx", "Bearer secret-admin x", "Bearer SECRET-ADMIN",
  ])
  func nothingElsePasses(header: String?) {
    #expect(status(header, .read) == 401)
  }

  @Test func schemeIsNotCaseSensitive() throws {
    let caller = try authentication.caller(authorization: "bearer secret-channel", needing: .arrive)
    #expect(caller.name == "the-channel")
    #expect(caller.role == .channel)
  }

  @Test func refusalNamesTheRolesThatWouldDo() {
    #expect {
      try authentication.caller(authorization: "Bearer secret-viewer", needing: .serve)
    } throws: { error in
      "\(error)".contains("admin or agent") && !"\(error)".contains("secret")
    }
  }

  @Test func nobodyPassesWithoutTokens() {
    #expect(throws: APIError.self) {
      try Authentication(TokenTable([])).caller(authorization: "Bearer x", needing: .read)
    }
  }

  /// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
  @Test func digestIsSHA256() {
    #expect(
      APIToken.sha256(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test(arguments: ["", "abc", String(repeating: "0", count: 63), String(repeating: "g", count: 64)])
  func digestsMustBeDigests(text: String) {
    #expect(throws: GatewayError.invalidTokenDigest(token: "t")) {
      try APIToken(name: "t", role: .viewer, sha256: text)
    }
  }

  @Test func upperCaseDigestIsTheSame() throws {
    let digest = APIToken.sha256(of: "x")
    #expect(
      try APIToken(name: "t", role: .viewer, sha256: digest)
        == APIToken(name: "t", role: .viewer, sha256: digest.uppercased()))
  }

  @Test func originsOfBaseURLs() {
    #expect(origin(ofBaseURL: "http://127.0.0.1:8080") == "http://127.0.0.1:8080")
    #expect(origin(ofBaseURL: "https://North.example/api/") == "https://north.example")
    #expect(origin(ofBaseURL: "127.0.0.1:8080") == nil)
    #expect(origin(ofBaseURL: "http:///x") == nil)
  }
}
