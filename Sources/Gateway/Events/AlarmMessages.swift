// Alarms in event streams: pure. They belong to a node and to no partition, so they have no id of their own: a message without
// one leaves the reader's position as it is (HTML standard, section 9.2.6).
package import Alarms
package import PeerTransport

package enum AlarmMessages {
  /// What a stream begins with: all that is active at its node. It takes the place of what the reader knew of that node, so
  /// that nothing which ended while it was away stays.
  package static func active(_ alarms: [Alarm], node: NodeID) -> String {
    let list = AlarmList(node: node.rawValue, active: alarms.map(AlarmReport.init), history: nil)
    return message("alarms", JSONBody.bytes(list))
  }

  package static func change(_ change: AlarmChange, cluster: String) -> String {
    message("alarm", JSONBody.bytes(AlarmChangeReport(change, cluster: cluster)))
  }

  private static func message(_ event: String, _ data: [UInt8]) -> String {
    ServerSentEvent(id: nil, event: event, data: String(decoding: data, as: UTF8.self)).text
  }
}
