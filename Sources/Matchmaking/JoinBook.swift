import SessionProtocol

/// One who has joined, by a number in the book of joins that is used again after the join's fate.
struct JoinNumber: Hashable, Sendable {
    let slot: Int32
}

/// A join whose fate is known.
struct Joined: Sendable {
    let subject: SubjectID
    let scene: SceneID
    /// On the boot clock.
    let atMs: UInt64
    /// When the subject first joined, in milliseconds since 1970.
    let sinceUnixMs: UInt64
}

/// Those who have joined, by their connections, until their fate is known: while they wait, with their places. All that is
/// known of one who waits is here once; rooms and pools have no more than its number.
struct JoinBook: Sendable {
    struct Record: Sendable {
        var member: Member
        let atMs: UInt64
        /// By number: many have the same.
        var scene: UInt32
    }

    private struct Moved: Sendable {
        let from: SceneID
        var times = 0
    }

    private var records: [Record?] = []
    /// Few are moved.
    private var moved: [ConnectionHandle: Moved] = [:]
    /// Those that somebody has joined.
    private var scenes = Interner<SceneID>()
    private var free: [Int32] = []
    private var index = SlotIndex()

    var count: Int { index.count }

    private func slot(_ connection: ConnectionHandle) -> Int? {
        index.slot(hash: connection.hashValue) { records[$0]?.member.connection == connection }
    }

    func contains(_ connection: ConnectionHandle) -> Bool { slot(connection) != nil }

    /// Nil for a connection that has not joined, or whose join has had its fate.
    func number(of connection: ConnectionHandle) -> JoinNumber? {
        slot(connection).map { JoinNumber(slot: Int32(truncatingIfNeeded: $0)) }
    }

    /// Who has joined, and the place that it has in a room. Once its session has been matched the hand-off knows better.
    subscript(number: JoinNumber) -> Member {
        _read {
            precondition(records[Int(number.slot)] != nil, "a number is one of a join without a fate")
            yield records[Int(number.slot)]!.member
        }
        _modify {
            precondition(records[Int(number.slot)] != nil, "a number is one of a join without a fate")
            yield &records[Int(number.slot)]!.member
        }
    }

    func subject(_ connection: ConnectionHandle) -> SubjectID? { slot(connection).flatMap { records[$0]?.member.subject } }

    /// The scene that it asked for, when its time was up there and it waits in another.
    func movedFrom(_ connection: ConnectionHandle) -> SceneID? { moved.isEmpty ? nil : moved[connection]?.from }

    /// How often that has been.
    func moves(_ connection: ConnectionHandle) -> Int { moved[connection]?.times ?? 0 }

    /// Its time was up in the scene that it is in.
    mutating func moves(_ connection: ConnectionHandle, from scene: SceneID) {
        if contains(connection) { moved[connection, default: Moved(from: scene)].times += 1 }
    }

    /// Notes a join, or that one goes on waiting, maybe elsewhere. Its member has the connection.
    /// - Parameter movedFrom: of a new one, when its place is one in a scene that it was moved to.
    mutating func accept(
        _ member: consuming Member, on connection: ConnectionHandle, in scene: SceneID, movedFrom: SceneID?, atMs: UInt64
    ) -> JoinNumber {
        if let slot = slot(connection) {
            let held = scenes.hold(scene)
            scenes.release(records[slot]?.scene ?? 0)
            records[slot]?.scene = held
            records[slot]?.member = member
            return JoinNumber(slot: Int32(truncatingIfNeeded: slot))
        }
        if let movedFrom { moved[connection] = Moved(from: movedFrom) }
        let record = Record(member: member, atMs: atMs, scene: scenes.hold(scene))
        let slot = free.popLast().map { Int($0) } ?? records.count
        if slot == records.count { records.appendToTable(record) } else { records[slot] = record }
        index.insert(slot, hash: connection.hashValue)
        return JoinNumber(slot: Int32(truncatingIfNeeded: slot))
    }

    /// As its scene's pool takes it in.
    func poolMember(_ number: JoinNumber) -> PoolMember {
        let member = self[number]
        return PoolMember(number, member.subject, member.attributes, pingMs: member.pingMs)
    }

    /// Its fate is known.
    mutating func remove(_ connection: ConnectionHandle) -> Joined? {
        guard let slot = index.remove(hash: connection.hashValue, { records[$0]?.member.connection == connection }) else {
            return nil
        }
        if !moved.isEmpty { moved[connection] = nil }
        var joined: Joined?
        if let record = records[slot], let scene = scenes.value(of: record.scene) {
            joined = Joined(
                subject: record.member.subject, scene: scene, atMs: record.atMs, sinceUnixMs: record.member.sinceUnixMs)
            scenes.release(record.scene)
        }
        records[slot] = nil
        free.append(Int32(truncatingIfNeeded: slot))
        if index.count == 0, records.count > 1024 { (records, free) = ([], []) }
        return joined
    }
}
