// The first page as one document: nothing outside of it is loaded. Pure; no data of the cluster is in it.
internal import Crypto
internal import Foundation

/// Shows the cluster, queues, agents and events, live, and goes on with another node when its own dies.
package enum Page {
  package static var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="data:,">
    <title>Switchboard</title>
    <style>\(style)</style>
    </head>
    <body>
    \(markup)
    <script>\(script)</script>
    </body>
    </html>

    """
  }

  /// Allows the page's own style and script by their hashes, and calls to the cluster's APIs; nothing else
  /// (Content Security Policy, level 3).
  /// - Parameter origins: of the cluster's APIs.
  package static func contentSecurityPolicy(origins: Set<String>) -> String {
    let sources = (["'self'"] + origins.sorted()).joined(separator: " ")
    return "default-src 'none'; style-src \(hash(style)); script-src \(hash(script)); img-src data:; "
      + "connect-src \(sources); base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  }

  private static func hash(_ text: String) -> String {
    "'sha256-\(Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString())'"
  }
}
