// `/`: the first page. It holds no data, so it needs no token.
internal import Hummingbird

struct PageRoute: Sendable {
  /// Origins of the cluster's APIs, which the page may call.
  let origins: Set<String>

  func register(on router: Router<GatewayContext>) {
    let policy = Page.contentSecurityPolicy(origins: origins)
    router.get("/") { _, _ in
      Response(
        status: .ok,
        headers: [
          .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
          .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff", .referrerPolicy: "no-referrer",
        ],
        body: ResponseBody(byteBuffer: ByteBuffer(string: Page.html)))
    }
  }
}
