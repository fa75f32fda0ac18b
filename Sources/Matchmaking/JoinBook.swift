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
    private struct Moved: Sendable {
        let from: SceneID
        var times = 0
    }

    private var members: [Member?] = []
    /// Few are moved.
    private var moved: [ConnectionHandle: Moved] = [:]
    /// Those that somebody has joined.
    private var scenes = Interner<SceneID>()
    private var free: [Int32] = []
    private var index = SlotIndex()

    var count: Int { index.count }

    private func slot(_ connection: ConnectionHandle) -> Int? {
        index.slot(hash: connection.hashValue) { members[$0]?.connection == connection }
    }

    func contains(_ connection: ConnectionHandle) -> Bool { slot(connection) != nil }

    /// Nil for a connection that has not joined, or whose join has had its fate.
    func number(of connection: ConnectionHandle) -> JoinNumber? {
        slot(connection).map { JoinNumber(slot: Int32(truncatingIfNeeded: $0)) }
    }

    /// Who has joined, and the place that it has in a room. Once its session has been matched the hand-off knows better.
    /// The number must be one of a join without a fate.
    subscript(number: JoinNumber) -> Member {
        @inline(__always) _read { yield members[Int(number.slot)]! }
        @inline(__always) _modify { yield &members[Int(number.slot)]! }
    }

    func subject(_ connection: ConnectionHandle) -> SubjectID? { slot(connection).flatMap { members[$0]?.subject } }

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
        _ newcomer: consuming Member, on connection: ConnectionHandle, in scene: SceneID, movedFrom: SceneID?, atMs: UInt64
    ) -> JoinNumber {
        newcomer.sceneNumber = scenes.hold(scene)
        if let slot = slot(connection) {
            scenes.release(members[slot]?.sceneNumber ?? 0)
            newcomer.joinedAtMs = members[slot]?.joinedAtMs ?? atMs
            members[slot] = newcomer
            return JoinNumber(slot: Int32(truncatingIfNeeded: slot))
        }
        newcomer.joinedAtMs = atMs
        if let movedFrom { moved[connection] = Moved(from: movedFrom) }
        let slot = free.popLast().map { Int($0) } ?? members.count
        if slot == members.count { members.appendToTable(newcomer) } else { members[slot] = newcomer }
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
        guard let slot = index.remove(hash: connection.hashValue, { members[$0]?.connection == connection }) else {
            return nil
        }
        if !moved.isEmpty { moved[connection] = nil }
        var joined: Joined?
        if let member = members[slot], let scene = scenes.value(of: member.sceneNumber) {
            joined = Joined(
                subject: member.subject, scene: scene, atMs: member.joinedAtMs, sinceUnixMs: member.sinceUnixMs)
            scenes.release(member.sceneNumber)
        }
        members[slot] = nil
        free.append(Int32(truncatingIfNeeded: slot))
        if index.count == 0, members.count > 1024 { (members, free) = ([], []) }
        return joined
    }
}
