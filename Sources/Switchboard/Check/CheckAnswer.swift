// How the answer of `switchboard check` is given: in words first, then as a picture. Touches the picture's file.
package import HistoryChecker

package struct CheckAnswer {
  private let report: CheckReport
  private let json: Bool
  private let title: String

  package init(_ report: CheckReport, json: Bool = false, title: String) {
    self.report = report
    self.json = json
    self.title = title
  }

  /// Says the verdict before anything else can go wrong.
  /// - Parameters:
  ///   - picture: the file to draw into; nil for none.
  ///   - say: gets the report.
  ///   - complain: gets what is wrong with the picture.
  /// - Returns: the verdict's code. A picture that cannot be written has its own only where the verdict is ok: it must not
  ///   hide a violation from whoever looks at the code alone.
  package func give(
    picture: String?, say: (String) -> Void, complain: (String) -> Void
  ) -> CheckExit {
    say(json ? report.json.description : report.text)
    let verdict = CheckExit(report.verdict)
    guard let picture else { return verdict }
    do throws(CheckFailure) {
      try CheckRun.write(Picture.html(report, title: title), to: picture)
      return verdict
    } catch {
      complain(error.description)
      return verdict == .ok ? error.status : verdict
    }
  }
}
