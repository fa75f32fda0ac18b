/// Who may know whom: the one table of the repository's arrows.
enum Arrows {
    /// Everything that is ours and can be imported.
    static let ownModules: Set<String> = [
        "Digests", "SessionProtocol", "Matchmaking", "Coordination", "WebProtocol", "CLinux", "Reactor", "WebAssets", "Service",
        "CDigests", "CAllocations", "Simulation", "matchmaker", "coordinator", "greenroom", "bench", "simulate", "echo-target",
    ]

    /// Modules that import the standard library alone, and the one that holds instructions of the processor.
    static let pureModules: Set<String> = [
        "CDigests", "Digests", "SessionProtocol", "Matchmaking", "Coordination", "WebProtocol", "Simulation",
    ]

    private static let service: Set<String> = [
        "SessionProtocol", "WebProtocol", "Reactor", "WebAssets", "Digests", "CLinux", "Glibc", "Synchronization",
    ]

    /// What each folder of Sources, and the echo target, may import.
    static let allowed: [String: Set<String>] = [
        "CDigests": [],
        "Digests": ["CDigests"],
        "SessionProtocol": ["Digests"],
        "Matchmaking": ["SessionProtocol", "Digests"],
        "Coordination": ["SessionProtocol", "Digests"],
        "WebProtocol": ["Digests"],
        "Simulation": ["SessionProtocol", "Matchmaking", "Coordination", "Digests"],
        "CLinux": [],
        "CAllocations": [],
        "WebAssets": [],
        "Reactor": ["CLinux", "Glibc"],
        "Service": service,
        "matchmaker": service.union(["Service", "Matchmaking"]),
        "coordinator": service.union(["Service", "Coordination"]),
        "greenroom": ["Service", "Reactor", "CLinux", "Glibc"],
        "simulate": ["Simulation", "SessionProtocol", "Matchmaking", "Coordination", "Service", "Glibc"],
        "bench": [
            "Synchronization",
            "CLinux", "CAllocations", "Glibc", "Service", "Digests", "WebProtocol", "SessionProtocol", "Reactor",
            "Matchmaking", "Coordination",
        ],
        "echo-target": ["WebProtocol", "Reactor", "Service", "CLinux", "Glibc"],
    ]

    /// What a target may build beyond what its sources import: greenroom starts the two servers as processes.
    static let builtBeside: [String: Set<String>] = ["greenroom": ["matchmaker", "coordinator"]]

    /// A module's tests know the module and what it knows, and may use the whole toolchain.
    static let testTools: Set<String> = [
        "Testing", "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Digests", "Conversations",
    ]

    /// Folders of tests of several modules together, and of what tests share, and what they know.
    static let joint: [String: Set<String>] = [
        "Exits": ["SessionProtocol", "Matchmaking", "Coordination", "Digests", "Conversations"],
        "Conversations": ["SessionProtocol"],
    ]

    /// What fuzz targets may import: they read what comes from outside, as the modules that read it do.
    static let fuzzTargets: Set<String> = ["Digests", "SessionProtocol", "Matchmaking", "WebProtocol", "Service", "Glibc"]

    /// The module that a file belongs to, by its path from the root; nil for what is no Swift source of a target.
    static func owner(ofFile path: String) -> (module: String, isTest: Bool)? {
        let parts = path.split(separator: "/")
        guard parts.count >= 3, path.hasSuffix(".swift") else { return nil }
        switch parts[0] {
        case "Sources": return (String(parts[1]), false)
        case "Tests": return parts[1] == "EchoTarget" ? ("echo-target", false) : (String(parts[1]), true)
        default: return nil
        }
    }

    /// What a file may import, or nil when its folder is not in the table.
    static func allowedImports(ofFile path: String) -> Set<String>? {
        guard let owner = owner(ofFile: path) else { return [] }
        guard owner.isTest else { return allowed[owner.module] }
        guard owner.module != "Layout" else { return testTools }
        guard owner.module != "Fuzz" else { return fuzzTargets }
        if let known = joint[owner.module] { return known.union(testTools) }
        guard let arrows = allowed[owner.module] else { return nil }
        return arrows.union(testTools).union([owner.module])
    }
}
