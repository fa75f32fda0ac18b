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
        let drawn = "\(role)-\(Incarnation(Randomness.word()))"
        let incarnation = Incarnation(Randomness.word())
        var contents = JournalContents()
        guard let path = configuration[ServerOptions.dataDir] else {
            folder = nil
            key = Randomness.bytes(32)
            journal = Journal()
            self.contents = contents
            identity = NodeIdentity(
                node: try NodeState.name(configuration[ServerOptions.nodeID] ?? drawn, configuration),
                incarnation: incarnation)
            return
        }
        do {
            let folder = try DataFolder(path: path)
            let stored = try folder.bytes(of: "node-id", countMax: ProtocolLimits.nodeBytesMax) {
                Array((configuration[ServerOptions.nodeID] ?? drawn).utf8)
            }
            let name = try NodeState.name(String(decoding: stored, as: UTF8.self), configuration)
            if let asked = configuration[ServerOptions.nodeID], asked != name.name {
                throw configuration.error(ServerOptions.nodeID, "the data folder belongs to node \"\(name)\"")
            }
            key = try folder.bytes(of: "key", countMax: NodeState.keyBytes) { Randomness.bytes(NodeState.keyBytes) }
            guard key.count == NodeState.keyBytes else {
                throw configuration.error(ServerOptions.dataDir, "\(folder.file("key")) is not whole")
            }
            journal = try Self.journal(folder.file("journal"), configuration, &contents)
            self.folder = folder
            self.contents = contents
            identity = NodeIdentity(node: name, incarnation: incarnation)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw configuration.error(ServerOptions.dataDir, "\(error)")
        }
    }

    private static func name(_ text: String, _ configuration: Configuration) throws(ConfigurationError) -> NodeID {
        do { return try NodeID(text) } catch {
            throw configuration.error(ServerOptions.nodeID, "\"\(text)\" is no name: 1 to 64 bytes of text")
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
            guard case .damaged = error else { throw configuration.error(ServerOptions.dataDir, "\(error)") }
            let flag = ServerOptions.acceptDamagedJournal.declaration.flagName
            throw configuration.error(
                ServerOptions.dataDir, "\(error); with \(flag) it starts on what can be read of it")
        }
    }

    private static let keyBytes = 32
}
