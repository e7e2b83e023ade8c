// What an HTTP reply means for the request's caller: done, refused, or to be sent again. Pure.
package import Foundation

package enum ReplyJudgment: Equatable, Sendable {
  case done
  /// Refused for good, by a stable code in lower case without separators: `alreadyanswered`.
  case refused(code: String, message: String)
  /// To be sent again with the same key, not before so many milliseconds.
  case again(afterMilliseconds: Int, why: String)

  package init(status: Int, body: Data) {
    if (200..<300).contains(status) {
      self = .done
      return
    }
    let error = (try? JSONDecoder().decode(ErrorBody.self, from: body))?.error
    let message = "\(status) \(error?.code ?? "") \(error?.message ?? "")"
    switch status {
    case 408, 429, 500..<600:
      self = .again(afterMilliseconds: min(1_000, max(5, error?.retryAfterMs ?? 50)), why: message)
    default:
      let code = (error?.code ?? "status\(status)").filter { $0 != "_" && $0 != "-" }.lowercased()
      // A refusal that ends by itself, as when a capacity is in use.
      self =
        error?.retryable == true
        ? .again(afterMilliseconds: min(1_000, max(20, error?.retryAfterMs ?? 100)), why: message)
        : .refused(code: code, message: message)
    }
  }

  private struct ErrorBody: Decodable {
    struct Details: Decodable {
      var code: String
      var message: String?
      var retryable: Bool?
      var retryAfterMs: Int?
    }
    var error: Details
  }
}
