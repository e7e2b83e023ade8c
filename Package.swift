// swift-tools-version: 6.2
import PackageDescription

// The house, bottom to top: a target may import what stands above it in this list, never below.
// What each may use from outside stands beside it; every dependency costs each user build time.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Switchboard",
  platforms: [.macOS(.v15)],
  products: [
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
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
    .target(
      name: "Raft",
      dependencies: [.product(name: "DequeModule", package: "swift-collections")],
      swiftSettings: strict),
    .target(
      name: "NodeStore",
      dependencies: ["CBOR", "Raft", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .target(
      name: "PeerTransport",
      dependencies: [
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .target(
      name: "CertificateAuthority",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .target(
      name: "ActorCluster",
      dependencies: [
        "CBOR", "Raft", "NodeStore", "PeerTransport",
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
        "CBOR", "NodeStore", "ActorCluster",
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    // Tests only, never in the product.
    .target(
      name: "ClusterTestKit",
      dependencies: [
        "ActorCluster", "CBOR", "CertificateAuthority", "NodeStore", "PeerTransport", "Raft",
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "counter-node",
      dependencies: [
        "ActorCluster", "ClusterTestKit", "NodeStore", "PeerTransport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Sources/CounterNode", swiftSettings: strict),
    .testTarget(name: "CBORTests", dependencies: ["CBOR"], swiftSettings: strict),
    .testTarget(name: "RaftTests", dependencies: ["CBOR", "Raft"], swiftSettings: strict),
    .testTarget(
      name: "NodeStoreTests",
      dependencies: ["CBOR", "NodeStore", "Raft", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .testTarget(
      name: "ContactCenterTests", dependencies: ["ActorCluster", "CBOR", "ContactCenter", "NodeStore"],
      swiftSettings: strict),
    .testTarget(
      name: "ActorClusterTests", dependencies: ["ActorCluster", "CBOR", "ClusterTestKit", "NodeStore"],
      swiftSettings: strict),
    .testTarget(
      name: "ClusterProcessTests",
      dependencies: [
        "ActorCluster", "ClusterTestKit", "PeerTransport", "counter-node",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
