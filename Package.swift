// swift-tools-version: 6.2
import PackageDescription

// Libraries are built with every check that the compiler offers; no target has a dependency outside this package.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    // Generic tables, such as the ledger's, are made for their types in the modules that use them.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]
let programs: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}
func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: programs)
}
func tests(_ folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(folder)Tests", dependencies: dependencies, path: "Tests/\(folder)", swiftSettings: programs)
}

let package = Package(
    name: "greenroom",
    products: [
        .executable(name: "greenroom", targets: ["greenroom"]),
        .executable(name: "matchmaker", targets: ["matchmaker"]),
        .executable(name: "coordinator", targets: ["coordinator"]),
        .executable(name: "bench", targets: ["bench"]),
        .executable(name: "simulate", targets: ["simulate"]),
    ],
    targets: [
        // Pure cores: the standard library alone, and the processor's instructions for SHA-256, which Swift has no way to.
        .target(name: "CDigests", cSettings: [.unsafeFlags(["-std=c23"])]),
        library("Digests", ["CDigests"]),
        library("SessionProtocol", ["Digests"]),
        library("Matchmaking", ["SessionProtocol"]),
        library("Coordination", ["SessionProtocol"]),
        library("WebProtocol", ["Digests"]),
        library("Simulation", ["SessionProtocol", "Matchmaking", "Coordination", "Digests"]),

        // Thin shells.
        .systemLibrary(name: "CLinux"),
        library("Reactor", ["CLinux"]),
        .target(name: "WebAssets", cSettings: [.unsafeFlags(["-std=c23"])]),
        library("Service", ["SessionProtocol", "WebProtocol", "Reactor", "WebAssets", "Digests", "CLinux"]),

        // Only for measuring: it stands before the C library's allocator.
        .target(name: "CAllocations", cSettings: [.unsafeFlags(["-std=c23"])]),

        // Executables: flags and wiring.
        program("matchmaker", ["Matchmaking", "Service", "SessionProtocol", "WebProtocol", "Reactor", "Digests"]),
        program("coordinator", ["Coordination", "Service", "SessionProtocol", "WebProtocol", "Reactor"]),
        program("greenroom", ["matchmaker", "coordinator", "Service", "Reactor"]),
        program(
            "bench",
            ["Matchmaking", "Coordination", "Service", "SessionProtocol", "WebProtocol", "Digests", "CLinux", "CAllocations"]),
        program("simulate", ["Simulation", "Service"]),

        tests("Digests", ["Digests"]),
        tests("SessionProtocol", ["SessionProtocol"]),
        // What the tests of both cores share: the recorded conversations, and names.
        .target(
            name: "Conversations", dependencies: ["SessionProtocol"], path: "Tests/Conversations", swiftSettings: strict),
        tests("Matchmaking", ["Matchmaking", "SessionProtocol", "Conversations"]),
        tests("Coordination", ["Coordination", "SessionProtocol", "Conversations"]),
        tests("WebProtocol", ["WebProtocol", "Digests"]),
        tests("Simulation", ["Simulation", "SessionProtocol", "Matchmaking", "Coordination", "Digests"]),
        tests("Reactor", ["Reactor"]),
        tests("Service", ["Service"]),
        tests("matchmaker", ["matchmaker", "Matchmaking", "Service", "SessionProtocol", "WebProtocol", "Digests"]),
        tests("coordinator", ["coordinator", "Service", "SessionProtocol", "Reactor"]),
        // Both cores together.
        tests("Exits", ["Matchmaking", "Coordination", "SessionProtocol", "Digests", "Conversations"]),
        tests("Layout", []),
        // An echo server for the WebSocket conformance suite; it is never part of a deployment.
        program("echo-target", ["WebProtocol", "Reactor", "Service"], path: "Tests/EchoTarget"),
    ]
)
