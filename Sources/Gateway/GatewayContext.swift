// What goes along with a request: a value.
internal import Hummingbird
internal import NIOCore

/// The context of one request.
struct GatewayContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection that the request came on.
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}
