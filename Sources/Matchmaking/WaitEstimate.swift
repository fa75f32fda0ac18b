import SessionProtocol

/// How long those took who were matched last in a scene, and who waited there in vain: what an estimate of the wait is made
/// from. At most so many (`MatchmakingLimits.waitsKeptMax`), none older than `waitsKeptMs`. Bots are not among them.
struct RecentWaits: Sendable {
    /// Of those whose time was up: longer than any wait.
    static let inVainMs = UInt64.max

    private struct Wait: Sendable {
        let ms: UInt64
        let atMs: UInt64
    }

    /// Oldest first.
    private var waits: [Wait] = []
    /// The same, shortest first.
    private var sorted: [UInt64] = []

    /// - Parameter atMs: now, on the boot clock.
    mutating func note(_ waited: [UInt64], atMs: UInt64, _ limits: MatchmakingLimits) {
        for ms in waited {
            waits.append(Wait(ms: ms, atMs: atMs))
            sorted.insert(ms, at: RecentWaits.firstIndex(above: ms, sorted))
        }
        let surplus = max(0, waits.count - limits.waitsKeptMax)
        let old = waits.prefix { $0.atMs + limits.waitsKeptMs < atMs }.count
        for wait in waits.prefix(max(surplus, old)) { sorted.remove(at: RecentWaits.firstIndex(above: wait.ms, sorted) - 1) }
        waits.removeFirst(max(surplus, old))
    }

    /// How much longer one waits who has waited so long: the median of those who had to wait longer than that. Nil when too
    /// few are known, or nobody had to, or most of them waited in vain.
    func remainingMs(waitedMs: UInt64, nowMs: UInt64, _ limits: MatchmakingLimits) -> UInt64? {
        guard let oldest = waits.first else { return nil }
        var known = sorted
        if oldest.atMs + limits.waitsKeptMs < nowMs {
            known = waits.filter { $0.atMs + limits.waitsKeptMs >= nowMs }.map(\.ms).sorted()
        }
        guard known.count >= limits.waitsKeptMin else { return nil }
        let longer = RecentWaits.firstIndex(above: waitedMs, known)
        guard longer < known.count else { return nil }
        let medianMs = known[(longer + known.count - 1) / 2]
        return medianMs == Self.inVainMs ? nil : medianMs - waitedMs
    }

    private static func firstIndex(above ms: UInt64, _ sorted: [UInt64]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] > ms { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension MatchmakerCore {
    /// These members of a room have been matched, or their time is up.
    mutating func noteWaits(_ members: [Member], _ sceneIndex: Int, inVain: Bool, _ now: Moment) {
        var waits: [UInt64] = []
        for member in members where !scenes[sceneIndex].rules.isBot(member.attributes) {
            waits.append(inVain ? RecentWaits.inVainMs : now.unixMs - min(now.unixMs, member.sinceUnixMs))
        }
        queues[sceneIndex].waits.note(waits, atMs: now.bootMs, limits)
    }

    /// Nil for one whose group is complete, and only wants a coordinator, or whose party has not come together yet.
    func estimateMs(for member: Member, in room: Room, _ now: Moment) -> UInt64? {
        guard !room.isFormed, room.gathers == nil else { return nil }
        let waitedMs = now.unixMs - min(now.unixMs, member.sinceUnixMs)
        return queues[room.sceneIndex].waits.remainingMs(waitedMs: waitedMs, nowMs: now.bootMs, limits)
    }
}
