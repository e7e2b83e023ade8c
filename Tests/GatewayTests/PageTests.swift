// The first page is one document that loads nothing from anywhere.
import Crypto
import Foundation
import Gateway
import Testing

@Suite struct PageTests {
  private func content(_ element: String) throws -> String {
    let html = Page.html
    let start = try #require(html.range(of: "<\(element)>"))
    let end = try #require(html.range(of: "</\(element)>"))
    return String(html[start.upperBound..<end.lowerBound])
  }

  @Test func nothingComesFromOutside() {
    for forbidden in [
      "http://", "https://", "//cdn", "src=", "@import", "url(", "<link rel=\"stylesheet\"", "innerHTML",
    ] {
      #expect(!Page.html.contains(forbidden), "\(forbidden)")
    }
  }

  /// The policy allows exactly this script and this style; an edit that forgets that shows here.
  @Test func policyAllowsThePagesOwnContentOnly() throws {
    let policy = Page.contentSecurityPolicy(origins: ["http://b:2", "http://a:1"])
    for element in ["style", "script"] {
      let digest = Data(SHA256.hash(data: Data(try content(element).utf8))).base64EncodedString()
      #expect(policy.contains("\(element)-src 'sha256-\(digest)'"))
    }
    #expect(policy.hasPrefix("default-src 'none'"))
    #expect(policy.contains("connect-src 'self' http://a:1 http://b:2;"))
    #expect(!policy.contains("unsafe"))
  }

  /// Every element that the script looks for exists, once.
  @Test func scriptFindsItsElements() throws {
    let script = try content("script")
    let ids =
      script.matches(of: #/\$\('([a-z-]+)'\)/#).map { String($0.1) }
      + script.matches(of: #/fill\('([a-z]+)'/#).map { String($0.1) }
    #expect(Set(ids).count >= 10)
    for id in Set(ids) {
      #expect(Page.html.ranges(of: "id=\"\(id)\"").count == 1, "\(id)")
    }
  }

  @Test func pageHasBothColorSchemes() throws {
    #expect(try content("style").contains("prefers-color-scheme: dark"))
  }
}
