// swift-tools-version: 6.2
import PackageDescription

// The house, bottom to top: a target may import what stands above it in this list, never below.
// What each may use from outside stands beside it; every dependency costs each user build time.

// `make simulate-mutants` builds with the mistakes that the simulator must find; nothing else does.
let planted: [SwiftSetting] = Context.environment["PLANTED_BUGS"] == nil ? [] : [.define("PLANTED_BUGS")]

let strict: [SwiftSetting] =
  planted + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ]

let package = Package(
  name: "Switchboard",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "switchboard", targets: ["Switchboard"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CBOR", swiftSettings: strict),
    .target(name: "HistoryChecker", swiftSettings: strict),
    .target(name: "Posix", swiftSettings: strict),
    .target(name: "PlantedBugs", swiftSettings: strict),
    .target(
      name: "Alarms", dependencies: [.product(name: "Logging", package: "swift-log")], swiftSettings: strict),
    .target(
      name: "Raft",
      dependencies: ["PlantedBugs", .product(name: "DequeModule", package: "swift-collections")],
      swiftSettings: strict),
    .target(
      name: "NodeStore",
      dependencies: [
        "CBOR", "PlantedBugs", "Raft", .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "RevocationList",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ],
      swiftSettings: strict),
    .target(
      name: "PeerTransport",
      dependencies: [
        "RevocationList",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "CertificateAuthority",
      dependencies: [
        "Posix", "RevocationList",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .target(
      name: "ActorCluster",
      dependencies: [
        "Alarms", "CBOR", "PlantedBugs", "Posix", "Raft", "NodeStore", "PeerTransport",
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "ContactCenter",
      dependencies: [
        "CBOR", "PlantedBugs", "NodeStore", "ActorCluster",
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "Gateway",
      dependencies: [
        "ActorCluster", "Alarms", "ContactCenter", "NodeStore", "PeerTransport",
        .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .target(
      name: "AlarmForwarding",
      dependencies: [
        "Alarms", "PeerTransport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "Switchboard",
      dependencies: [
        "ActorCluster", "AlarmForwarding", "Alarms", "CBOR", "CertificateAuthority", "ContactCenter",
        "Gateway",
        "HistoryChecker",
        "NodeStore", "PeerTransport", "Posix", "Raft", "RevocationList",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    // Tests only, never in the product.
    .target(
      name: "ClusterTestKit",
      dependencies: [
        "ActorCluster", "CBOR", "CertificateAuthority", "ContactCenter", "HistoryChecker", "NodeStore",
        "PeerTransport", "PlantedBugs", "Raft",
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "simulate",
      dependencies: [
        "ClusterTestKit", "PlantedBugs",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Simulate", swiftSettings: strict),
    .target(
      name: "CounterNodeProcess",
      dependencies: [
        "ActorCluster", "ClusterTestKit", "NodeStore", "PeerTransport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Sources/CounterNode", swiftSettings: strict),
    .executableTarget(
      name: "counter-node", dependencies: ["ActorCluster", "ClusterTestKit", "CounterNodeProcess"],
      path: "Sources/CounterNodeThis", swiftSettings: strict),
    // The same of the version that comes after this one.
    .executableTarget(
      name: "counter-node-next", dependencies: ["ActorCluster", "ClusterTestKit", "CounterNodeProcess"],
      path: "Sources/CounterNodeNext", swiftSettings: strict),
    .executableTarget(
      name: "kill-campaign",
      dependencies: [
        "ActorCluster", "ClusterTestKit", "HistoryChecker", "PeerTransport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Sources/KillCampaign", swiftSettings: strict),
    .executableTarget(
      name: "fuzz-cbor",
      dependencies: [
        "ActorCluster", "CBOR", "ContactCenter", "NodeStore", "Raft",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/FuzzCBOR", swiftSettings: strict),
    .executableTarget(
      name: "raft-scenario",
      dependencies: ["Raft", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Sources/RaftScenario", swiftSettings: strict),
    .testTarget(name: "CBORTests", dependencies: ["CBOR", "fuzz-cbor"], swiftSettings: strict),
    .testTarget(
      name: "AlarmsTests", dependencies: ["Alarms", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(name: "HistoryCheckerTests", dependencies: ["HistoryChecker"], swiftSettings: strict),
    .testTarget(name: "RaftTests", dependencies: ["CBOR", "Raft"], swiftSettings: strict),
    .testTarget(
      name: "RaftScenarioTests", dependencies: ["raft-scenario"], exclude: ["Scenarios"],
      swiftSettings: strict),
    .testTarget(
      name: "NodeStoreTests",
      dependencies: [
        "CBOR", "ClusterTestKit", "NodeStore", "Raft", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      exclude: ["GoldenFiles"],
      swiftSettings: strict),
    .testTarget(
      name: "PeerTransportTests",
      dependencies: [
        "CertificateAuthority", "ClusterTestKit", "PeerTransport", "RevocationList",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CertificateAuthorityTests",
      dependencies: [
        "CertificateAuthority", "RevocationList",
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ContactCenterTests", dependencies: ["ActorCluster", "CBOR", "ContactCenter", "NodeStore"],
      swiftSettings: strict),
    .testTarget(
      name: "ClusterTestKitTests",
      dependencies: ["ActorCluster", "CBOR", "ClusterTestKit", "ContactCenter", "NodeStore", "Raft"],
      swiftSettings: strict),
    .testTarget(
      name: "ActorClusterTests",
      dependencies: [
        "ActorCluster", "Alarms", "CBOR", "ClusterTestKit", "NodeStore", "PeerTransport", "Raft",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "ActorCluster", "Alarms", "CertificateAuthority", "ContactCenter", "Gateway", "NodeStore",
        "PeerTransport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "AlarmForwardingTests",
      dependencies: [
        "AlarmForwarding", "Alarms", "CertificateAuthority", "ClusterTestKit", "PeerTransport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SwitchboardTests",
      dependencies: [
        "ActorCluster", "AlarmForwarding", "Alarms", "CertificateAuthority", "ContactCenter", "Gateway",
        "HistoryChecker", "NodeStore", "PeerTransport", "Raft", "RevocationList", "Switchboard",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ClusterProcessTests",
      dependencies: [
        "ActorCluster", "Alarms", "CertificateAuthority", "ClusterTestKit", "Gateway", "HistoryChecker",
        "NodeStore", "PeerTransport", "Switchboard", "counter-node", "counter-node-next",
        "kill-campaign",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
