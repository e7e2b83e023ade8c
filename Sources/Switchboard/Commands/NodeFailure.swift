// Why a node could not start or had to end, with the exit code for it. Pure.
internal import ActorCluster
internal import Gateway
internal import NodeStore
internal import PeerTransport

enum NodeFailure: Error, CustomStringConvertible {
  case store(StoreError)
  /// An earlier run marked the data directory after a failed write.
  case suspectDirectory(path: String, reason: String)
  /// Also on empty files, again and again.
  case lostDisk(path: String, reason: String)
  /// The cluster has no place for it.
  case expelled(Expulsion)
  case portTaken(PortProbe.Taken)
  case transport(TransportError)
  case gateway(GatewayError)
  case service(String)

  var status: ExitStatus {
    switch self {
    case .store, .suspectDirectory, .lostDisk, .expelled: .dataDirectory
    case .portTaken, .transport, .gateway: .network
    case .service: .failed
    }
  }

  var description: String {
    switch self {
    case .store(let error): "the data directory cannot be used: \(error)"
    case .suspectDirectory(let path, let reason):
      "\(path) was marked as suspect by an earlier run: \(reason). What is on its disk may be less than what this node "
        + "acknowledged, so it must not vote with it, and it is alone in its cluster: nobody can give back what may be lost. "
        + "Keep the directory for examination, check the disk, and restore a backup"
    case .lostDisk(let path, let reason):
      "the other nodes take nothing from this one, although it has begun anew on empty files: \(reason). Is there another "
        + "process of this node, or does its disk at \(path) forget what is written? Remove the cause and start it again"
    case .expelled(let why): why.description
    case .portTaken(let taken): taken.description
    case .transport(let error): "\(error)"
    case .gateway(let error): "\(error)"
    case .service(let words): "the node ended: \(words)"
    }
  }

  /// The failure that an error of a service is.
  init(_ error: any Error) {
    switch error {
    case let error as NodeFailure: self = error
    case let error as TransportError: self = .transport(error)
    case let error as GatewayError: self = .gateway(error)
    case let error as StoreError: self = .store(error)
    default: self = .service("\(error)")
    }
  }
}
