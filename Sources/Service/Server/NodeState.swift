import Reactor
import SessionProtocol

/// What a process is from start to start: its identity, its key and its journal.
public struct NodeState {
    public let identity: NodeIdentity
    /// 32 random bytes that only this process knows; kept in the data folder.
    public let key: [UInt8]
    public let journal: Journal
    public let contents: JournalContents
    private let folder: DataFolder?

    /// Draws an identity, or takes it from the data folder, which is locked from then on.
    /// - Parameter role: begins the name of a node that has none.
    public init(_ configuration: Configuration, role: String) throws(ConfigurationError) {
        let wanted = try NodeState.name(
            configuration[ServerOptions.nodeID] ?? "\(role)-\(Incarnation(Randomness.word()))", configuration)
        let incarnation = Incarnation(Randomness.word())
        var contents = JournalContents()
        guard let path = configuration[ServerOptions.dataDir] else {
            folder = nil
            key = Randomness.bytes(32)
            journal = Journal()
            self.contents = contents
            identity = NodeIdentity(node: wanted, incarnation: incarnation)
            return
        }
        do {
            let folder = try DataFolder(path: path)
            try Self.claim(folder, role, configuration)
            let stored = try folder.bytes(of: "node-id", countMax: ProtocolLimits.nodeBytesMax + 1) {
                Array(wanted.name.utf8)
            }
            // An editor leaves a line end there.
            let text = String(decoding: stored.last == UInt8(ascii: "\n") ? stored.dropLast() : stored[...], as: UTF8.self)
            guard let node = try? NodeID(text) else {
                throw Self.error("\(folder.file("node-id")) holds no name: 1 to 64 bytes of text", configuration)
            }
            if configuration[ServerOptions.nodeID] != nil, wanted != node {
                throw configuration.error(ServerOptions.nodeID, "the data folder belongs to node \"\(node)\"")
            }
            key = try folder.bytes(of: "key", countMax: NodeState.keyBytes) { Randomness.bytes(NodeState.keyBytes) }
            guard key.count == NodeState.keyBytes else {
                throw Self.error("\(folder.file("key")) is not whole", configuration)
            }
            journal = try Self.journal(folder.file("journal"), configuration, &contents)
            self.folder = folder
            self.contents = contents
            identity = NodeIdentity(node: node, incarnation: incarnation)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw Self.error("\(error)", configuration)
        }
    }

    /// What is wrong with the folder; the help page knows nothing of that.
    private static func error(_ problem: String, _ configuration: Configuration) -> ConfigurationError {
        configuration.error(ServerOptions.dataDir, problem, pointsToHelp: false)
    }

    /// The journals of the two roles mean different things: a coordinator would report what a matchmaker has recorded.
    private static func claim(_ folder: DataFolder, _ role: String, _ configuration: Configuration) throws {
        let stored = try folder.bytes(of: "role", countMax: 64) { Array("\(role)\n".utf8) }
        let owner = String(decoding: stored.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        if owner != role {
            throw error("\(folder.path) belongs to a \(printable(owner)): each process needs a folder of its own", configuration)
        }
    }

    private static func name(_ text: String, _ configuration: Configuration) throws(ConfigurationError) -> NodeID {
        do { return try NodeID(text) } catch {
            throw configuration.error(ServerOptions.nodeID, "\(quoted(text)) is no name: 1 to 64 bytes of text")
        }
    }

    private static func journal(
        _ path: String, _ configuration: Configuration, _ contents: inout JournalContents
    ) throws(ConfigurationError) -> Journal {
        var limits = JournalLimits()
        limits.compactAtBytes = configuration[ServerOptions.journalCompactAt]
        limits.pendingBytesMax = configuration[ServerOptions.journalPendingMax]
        do {
            return try Journal(
                path: path, limits: limits, acceptsDamage: configuration[ServerOptions.acceptDamagedJournal],
                contents: &contents)
        } catch {
            guard case .damaged = error else { throw Self.error("\(error)", configuration) }
            let flag = ServerOptions.acceptDamagedJournal.declaration.flagName
            throw configuration.error(
                ServerOptions.dataDir, "\(error); with \(flag) it starts on what can be read of it")
        }
    }

    private static let keyBytes = 32
}
