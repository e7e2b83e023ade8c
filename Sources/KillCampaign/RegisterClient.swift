// Calls registers of the cluster and says how each call ended.
package import ActorCluster
import ClusterTestKit

/// The way of one campaign's clients into the cluster.
package struct RegisterClient: Sendable {
  package let system: ClusterSystem

  package init(system: ClusterSystem) {
    self.system = system
  }

  /// Makes one call, which is retried with its command id until the deadline.
  /// - Returns: how it ended, and the error if it is one that no client should see.
  package func perform(
    _ call: RegisterCall, on key: String, deadline: Duration
  ) async -> (outcome: RegisterOutcome, surprise: String?) {
    do {
      let outcome = try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: deadline)) {
        let register = try system.actor(Register.self, key)
        switch call {
        case .read: return RegisterOutcome.value(try await register.read(Done()).number)
        case .write(let value):
          _ = try await register.write(value)
          return .done
        case .compareAndSet(let from, let to):
          return .swapped(try await register.compareAndSet(RegisterState.Swap(from: from, to: to)))
        case .add(let delta): return .total(try await register.add(delta))
        }
      }
      return (outcome, nil)
    } catch ClusterError.overloaded {
      return (.failed, nil)
    } catch RegisterState.Refusal.wouldOverflow {
      return (.failed, nil)
    } catch ClusterError.unavailable {
      return (.unknown, nil)
    } catch {
      return (.unknown, "\(call) of \(key): \(error)")
    }
  }
}
