/// What to simulate. The same options give the same run, event by event.
public struct RunOptions: Hashable, Sendable {
    /// A kind of world.
    public enum Preset: String, CaseIterable, Sendable {
        /// Everything within reach, faults chosen per run.
        case standard
        /// No faults and well-behaved clients: for the speed of the simulator itself.
        case calm
        /// Thousands of clients on many coordinators, some faults.
        case crowd
        /// Small and full of faults.
        case storm
    }

    public var seed: UInt64
    public var preset: Preset
    /// Nil for what the seed says.
    public var clients: Int?
    public var coordinators: Int?
    /// How long faults and workload go on, in virtual milliseconds.
    public var activeMs: UInt64?
    public var faultKinds: Set<FaultKind>
    public var quirks: Set<Quirk>
    /// When not nil, only these of the run's faults happen, by number.
    public var keptFaults: [Int]?
    /// When not nil, only these clients take part.
    public var keptClients: [Int]?
    /// A promise that is broken on purpose, to see its checker fire.
    public var canary: Canary?

    public init(seed: UInt64, preset: Preset = .standard) {
        self.seed = seed
        self.preset = preset
        faultKinds = preset == .calm ? [] : Set(FaultKind.allCases)
        quirks = preset == .calm ? [] : Set(Quirk.allCases)
    }

    /// What to type to see this run again.
    public var commandLine: String {
        var words = ["simulate", "--seed \(seed)"]
        if preset != .standard { words.append("--preset \(preset.rawValue)") }
        if let clients { words.append("--clients \(clients)") }
        if let coordinators { words.append("--coordinators \(coordinators)") }
        if let activeMs { words.append("--duration \(activeMs)ms") }
        let usual = RunOptions(seed: seed, preset: preset)
        if faultKinds != usual.faultKinds { words.append("--faults \(list(FaultKind.allCases.filter(faultKinds.contains).map(\.name)))") }
        if quirks != usual.quirks { words.append("--quirks \(list(Quirk.allCases.filter(quirks.contains).map(\.name)))") }
        if let keptFaults { words.append("--keep-faults \(list(keptFaults.map(String.init)))") }
        if let keptClients { words.append("--keep-clients \(list(keptClients.map(String.init)))") }
        if let canary { words.append("--canary \(canary.rawValue)") }
        return words.joined(separator: " ")
    }

    private func list(_ words: [String]) -> String { words.isEmpty ? "none" : words.joined(separator: ",") }
}
