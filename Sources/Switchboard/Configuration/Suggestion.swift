// "Did you mean": the nearest of some known words. Pure.

package enum Suggestion {
  /// The known word that a typing mistake most likely made `word` of; nil when none is near.
  package static func nearest(to word: String, among known: [String]) -> String? {
    var best: (distance: Int, word: String)?
    for candidate in known.sorted() {
      let distance = distance(word.lowercased(), candidate.lowercased())
      if distance <= max(1, word.count / 3), distance < (best?.distance ?? .max) {
        best = (distance, candidate)
      }
    }
    return best?.word
  }

  /// Words for an advice: `did you mean "x"?`, or nil.
  package static func words(for word: String, among known: [String]) -> String? {
    nearest(to: word, among: known).map { "did you mean \"\($0)\"?" }
  }

  /// Insertions, deletions, substitutions and swaps of neighbors (optimal string alignment).
  private static func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left), Array(right))
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let substitution = last[j] + (a[i] == b[j] ? 0 : 1)
        var cost = min(row[j] + 1, last[j + 1] + 1, substitution)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      before = last
      last = row
    }
    return last[b.count]
  }
}
