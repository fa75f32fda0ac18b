import SessionProtocol

/// A join whose fate is still to come.
struct Joined: Sendable {
    let subject: SubjectID
    var scene: SceneID
    /// On the boot clock.
    let atMs: UInt64
    /// When the subject first joined, in milliseconds since 1970.
    var sinceUnixMs: UInt64
    /// The scene that it asked for, when its time was up there and it waits in another.
    var movedFrom: SceneID? {
        if case .moved(let from, _) = origin { from } else { nil }
    }
    /// How often that has been.
    var moves: Int {
        if case .moved(_, let times) = origin { times } else { 0 }
    }
    fileprivate var origin: Origin

    /// Held apart, since few are moved.
    fileprivate indirect enum Origin: Sendable {
        case asked
        case moved(from: SceneID, times: Int)
    }

    init(subject: SubjectID, scene: SceneID, atMs: UInt64, sinceUnixMs: UInt64, movedFrom: SceneID?) {
        self.subject = subject
        self.scene = scene
        self.atMs = atMs
        self.sinceUnixMs = sinceUnixMs
        origin = movedFrom.map { .moved(from: $0, times: 0) } ?? .asked
    }

    mutating func moves(from scene: SceneID) { origin = .moved(from: movedFrom ?? scene, times: moves + 1) }
}

/// Those who have joined, by their connections. There are as many as wait, so that each has a short record, and no key
/// beside it.
struct JoinBook: Sendable {
    /// A join, with its scene by number.
    struct Record: Sendable {
        let subject: SubjectID
        let atMs: UInt64
        let sinceUnixMs: UInt64
        fileprivate let origin: Joined.Origin
        let scene: UInt32
    }

    private var joins: [Record?] = []
    /// Those that somebody has joined.
    private var scenes = Interner<SceneID>()
    /// By the slots of the joins.
    private var connections: [ConnectionHandle] = []
    private var free: [Int32] = []
    private var index = SlotIndex()

    var count: Int { index.count }

    private func slot(_ connection: ConnectionHandle) -> Int? {
        index.slot(hash: connection.hashValue) { connections[$0] == connection }
    }

    func contains(_ connection: ConnectionHandle) -> Bool { slot(connection) != nil }

    subscript(connection: ConnectionHandle) -> Joined? { slot(connection).flatMap { joins[$0] }.flatMap(join) }

    private func join(_ record: Record) -> Joined? {
        guard let scene = scenes.value(of: record.scene) else { return nil }
        var join = Joined(
            subject: record.subject, scene: scene, atMs: record.atMs, sinceUnixMs: record.sinceUnixMs, movedFrom: nil)
        join.origin = record.origin
        return join
    }

    /// Notes a join, or what has become of it.
    mutating func set(_ join: Joined, of connection: ConnectionHandle) {
        let record = Record(
            subject: join.subject, atMs: join.atMs, sinceUnixMs: join.sinceUnixMs, origin: join.origin,
            scene: scenes.hold(join.scene))
        if let slot = slot(connection) {
            if let old = joins[slot] { scenes.release(old.scene) }
            joins[slot] = record
            return
        }
        let slot = free.popLast().map { Int($0) } ?? joins.count
        if slot == joins.count {
            joins.appendToTable(record)
            connections.appendToTable(connection)
        } else {
            joins[slot] = record
            connections[slot] = connection
        }
        index.insert(slot, hash: connection.hashValue)
    }

    mutating func remove(_ connection: ConnectionHandle) -> Joined? {
        guard let slot = index.remove(hash: connection.hashValue, { connections[$0] == connection }) else { return nil }
        let join = joins[slot].flatMap(join)
        if let record = joins[slot] { scenes.release(record.scene) }
        joins[slot] = nil
        free.append(Int32(truncatingIfNeeded: slot))
        if index.count == 0, joins.count > 1024 { (joins, connections, free) = ([], [], []) }
        return join
    }
}
