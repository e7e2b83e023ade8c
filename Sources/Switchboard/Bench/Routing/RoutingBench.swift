// The benchmark of the routing decision: one center after the other, and the table. Touches stdout.
internal import Foundation
internal import Posix

struct RoutingBench {
  let sizes: [RoutingBenchSize]
  let offers: Int

  func run() throws {
    print(
      "   agents  queues  skills  waiting    offers/s   offer, µs: mean    p50    p99  first of queue, µs   MB  set up, s"
    )
    for size in sizes { try print(row(size)) }
    print(
      "offers/s counts all that an offer takes: the arrival, the offer, its acceptance and the end of the call;"
    )
    print(
      "offer is the event that leads to it; first of queue the slowest first interaction of a queue, which")
    print("looks at each of its agents once.")
  }

  private func row(_ size: RoutingBenchSize) throws -> String {
    let begin = Date()
    var center = try RoutingBenchCenter(size)
    let setUp = Date().timeIntervalSince(begin)
    // What was never touched is touched first.
    for _ in 0..<offers / 10 { try center.offer() }
    let warm = center.times.count
    let start = ProcessorTime.ofThread()
    for _ in 0..<offers { try center.offer() }
    let seconds = ProcessorTime.ofThread() - start
    let times = center.times.dropFirst(warm).map { Double($0) / 1e3 }.sorted()
    func share(_ part: Double) -> Double { times[min(times.count - 1, Int(part * Double(times.count)))] }
    let memory = try Double(ProcessUsage.memory()) / 1e6
    return String(
      format: "%9d %7d %7d %8d  %10.0f             %6.2f %6.2f %6.2f %19.0f %4.0f %10.1f", size.agents,
      size.queues, size.skills, size.waiting, Double(offers) / seconds,
      times.reduce(0, +) / Double(times.count), share(0.5), share(0.99), center.slowestFirst * 1e6, memory,
      setUp)
  }
}
