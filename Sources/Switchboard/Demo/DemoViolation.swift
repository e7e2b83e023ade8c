// The ways in which a day can turn out wrong, each in words. Values.

/// Something that the cluster promised and did not keep, or that nobody could find out.
package enum DemoViolation: Hashable, Sendable, CustomStringConvertible {
  /// Promise P1: it was acknowledged, and a node's file does not have it.
  case lost(interaction: String, node: String)
  case filesDisagree(interaction: String, node: String, other: String)
  case answerLost(interaction: String, agent: String)
  case completionLost(interaction: String, says: String)
  case abandonmentLost(interaction: String, says: String)
  /// People called and waited, agents were there, and nobody was ever answered.
  case nobodyAnswered(arrived: Int)
  /// Promise P3.
  case answeredTwice(interaction: String, answers: Int)
  case acceptedTwice(interaction: String, agents: [String])
  /// One call in the driver's account is two interactions in the files.
  case createdTwice(surplus: Int, unknown: [String])
  /// Promise P4.
  case notConserved(String)
  case notOnePlace(arrived: Int, answered: Int, abandoned: Int, waiting: Int)
  case aboveCapacity(agent: String, calls: Int, capacity: Int)
  case slotsDisagree(agent: String, slots: Int, held: Int)
  /// A command without any answer until the driver gave up.
  case unanswered(String)
  case unreadable(node: String, why: String)
  /// Failover did not end while it was watched.
  case noFailover(partition: Int, seconds: Double)

  package var description: String {
    switch self {
    case .lost(let id, let node):
      "lost: interaction \(id) was acknowledged and is not in the files of \(node)"
    case .filesDisagree(let id, let node, let other):
      "the files of \(node) and \(other) differ about interaction \(id)"
    case .answerLost(let id, let agent):
      "lost answer: \(agent) was told to have interaction \(id), and the files say that another or nobody answered it"
    case .completionLost(let id, let says):
      "lost completion: interaction \(id) was acknowledged as completed, and the files say \(says)"
    case .nobodyAnswered(let arrived): "dead: \(arrived) called, and nobody was answered"
    case .abandonmentLost(let id, let says):
      "lost abandonment: interaction \(id) was acknowledged as abandoned, and the files say \(says)"
    case .answeredTwice(let id, let answers):
      "answered twice: interaction \(id) has \(answers) answers in the files"
    case .acceptedTwice(let id, let agents):
      "answered twice: interaction \(id) was given to \(agents.joined(separator: " and "))"
    case .createdTwice(let surplus, let unknown):
      "made twice: the files have \(surplus) interactions more than were sent, such as \(unknown.joined(separator: ", "))"
    case .notConserved(let what): "not conserved: \(what)"
    case .notOnePlace(let arrived, let answered, let abandoned, let waiting):
      "not conserved: \(arrived) arrived, but \(answered) answered, \(abandoned) abandoned and \(waiting) waiting"
    case .aboveCapacity(let agent, let calls, let capacity):
      "above capacity: \(agent) held \(calls) calls at a time and may have \(capacity)"
    case .slotsDisagree(let agent, let slots, let held):
      "not conserved: \(agent) has \(slots) slots taken and holds \(held) interactions"
    case .unanswered(let command): "no answer: \(command)"
    case .unreadable(let node, let why): "the files of \(node) could not be read: \(why)"
    case .noFailover(let partition, let seconds):
      "no failover: partition \(partition) acknowledged nothing for \(seconds.text(1)) s after its leader was killed"
    }
  }
}

extension Double {
  /// With so many decimals, whatever the locale.
  package func text(_ decimals: Int) -> String {
    guard isFinite, magnitude < 1e15 else { return "–" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let units = Int((magnitude * scale).rounded())
    let digits = String(units)
    let sign = self < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }
}
