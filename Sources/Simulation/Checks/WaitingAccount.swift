import Matchmaking
import SessionProtocol

/// What the checkers know of those who wait, beside their rooms: by client, unless it says otherwise.
struct WaitingAccount {
    /// The code that it has named since it waits.
    var code: [String?]
    /// How many its party has, once it was told that the party gathers.
    var partySize: [Int?]
    /// The session of which this server could not say in time what became of it; -1 for none.
    var givenUp: [Int]
    /// Since when it waits by what it was told, and in which session; by connection.
    var since: [Int: (session: Int, unixMs: UInt64)] = [:]
    /// Since when it has waited by the last `resume` that it was told; by connection.
    var told: [Int: UInt64] = [:]
    /// The same of the place that a join finds.
    var placeSince: UInt64?
    /// Since when it had waited each time that it left a room; and in which life of the matchmaker it did so last.
    var left: [(sinceUnixMs: [UInt64], life: UInt32)]
    /// The most sessions at once that had a treatment without a quota, by scene.
    var treatedMost: [SceneID: Int] = [:]

    init(clients: Int) {
        code = Array(repeating: nil, count: clients)
        partySize = Array(repeating: nil, count: clients)
        givenUp = Array(repeating: -1, count: clients)
        left = Array(repeating: ([], 0), count: clients)
    }
}

/// Parties and seniority.
extension World {
    /// A client asks to wait, before it is answered.
    func saysParty(_ request: JoinRequest, _ client: Int, waits: Bool, isSameScene: Bool) {
        truth.waiting.givenUp[client] = -1
        if !waits || !isSameScene { truth.waiting.partySize[client] = nil }
        if request.party != nil || !waits { truth.waiting.code[client] = request.party?.code }
    }

    func hearsOfParty(_ party: WaitingNews.PartyCount?, _ client: Int) {
        guard let party else { return }
        coverage.count(.partyGathers)
        truth.waiting.partySize[client] = party.size
    }

    /// A group is matched for the first time: a party that gathered is there as a whole, and none of it is elsewhere.
    func checkParties(_ assignment: Assignment) {
        let players = assignment.players.compactMap(\.subject.clientIndex)
        for client in players {
            guard let size = truth.waiting.partySize[client], let code = truth.waiting.code[client] else { continue }
            let count = players.count { truth.waiting.code[$0] == code }
            if count < size { fail(.partyParted, "\(assignment.session.short) has \(count) of the \(size) of p\(client)'s party") }
            coverage.count(.partyMatched)
        }
        for client in players { truth.waiting.partySize[client] = nil }
    }

    /// Promise 5: whoever goes on waiting in a room keeps its seniority, whatever becomes of the others.
    func checkSeniority(_ waitedMs: UInt64, _ number: Int, _ connection: Int) {
        // A wall clock that jumps makes a wait look longer or shorter.
        guard waitedMs > 0, !plan.faults.contains(where: { $0.kind == .clockJump }) else { return }
        let unixMs = matchmaker.moment(nowUs).unixMs - waitedMs
        if let old = truth.waiting.since[connection], truth[old.session].handOffs.isEmpty, truth[number].atMatchmaker == .waiting,
            unixMs > old.unixMs
        {
            fail(.placeLost, "connection \(connection) has waited \(unixMs - old.unixMs) ms less in \(truth[number].id.short) than before")
        }
        truth.waiting.since[connection] = (number, unixMs)
    }

    /// Whoever was hung up from this side is not to blame.
    func checkBlame(_ session: SessionID, _ blamed: [PlayerIndex]) {
        let number = truth.number(of: session)
        guard let players = truth[number].handOffs.last?.assignment.players else { return }
        for player in blamed where Int(player.number) < players.count {
            guard let client = players[Int(player.number)].subject.clientIndex, truth.waiting.givenUp[client] == number else { continue }
            fail(.notRequeued, "p\(client) is to be blamed for \(session.short), which nobody told it of in time")
        }
    }
}

/// Treatments and bots.
extension World {
    /// Each session has one treatment, whatever becomes of its hand-off; no quota is exceeded, and blocks are balanced.
    func checkTreatment(_ assignment: Assignment, _ number: Int) {
        if let before = truth[number].handOffs.last?.assignment {
            if before.treatment != assignment.treatment, !truth.hasLostJournal {
                fail(.treatmentWrong, "\(assignment.session.short)#\(assignment.attempt) has another treatment than attempt \(before.attempt)")
            }
            return
        }
        guard plan.reloads.isEmpty, !truth.hasLostJournal,
            let treatments = plan.scenes.first(where: { $0.id == assignment.scene })?.treatments
        else { return }
        guard let treatment = treatments.treatments.first(where: { $0.name == assignment.treatment }) else {
            return fail(.treatmentWrong, "\(assignment.session.short) has no treatment of its plan")
        }
        var sure = [treatment.name: 1]
        var most = [treatment.name: 1]
        for session in truth.sessions where session.id != assignment.session {
            guard let other = session.handOffs.last?.assignment, other.scene == assignment.scene, let name = other.treatment else { continue }
            let isLive = session.atMatchmaker == .live || session.atMatchmaker == .waiting
            let isPlayed = session.outcome?.endedIn == .playing && session.askedOutcome?.endedIn == .playing
            if isLive || isPlayed || session.wasPresumed { most[name, default: 0] += 1 }
            if isLive || isPlayed && !session.wasPresumed { sure[name, default: 0] += 1 }
        }
        if let quota = treatment.quota {
            if sure[treatment.name] ?? 0 > quota { fail(.treatmentWrong, "\(assignment.session.short) exceeds the quota of \(treatment.name)") }
            if sure[treatment.name] == quota { coverage.count(.quotaFilled) }
        }
        let free = treatments.treatments.filter { $0.quota == nil }
        let count = free.reduce(0) { $0 + (most[$1.name] ?? 0) }
        let highest = max(count, truth.waiting.treatedMost[assignment.scene] ?? 0)
        truth.waiting.treatedMost[assignment.scene] = highest
        // What was given back is given first, so that a block is begun when those before have all been given.
        let blocks = highest / max(1, free.reduce(0) { $0 + $1.weight }) + 1
        if blocks > 2 { coverage.count(.blockFilled) }
        for each in free where sure[each.name] ?? 0 > blocks * each.weight {
            fail(.treatmentWrong, "\(sure[each.name] ?? 0) sessions have \(each.name), in \(blocks) blocks")
        }
    }

    /// Nobody's seat goes to a bot before one of the people has waited for as long as the scene says.
    func checkBotsWait(_ assignment: Assignment, _ people: [Attributes], _ rule: BotRule) {
        guard truth[truth.number(of: assignment.session)].handOffs.isEmpty, !plan.faults.contains(where: { $0.kind == .clockJump }) else { return }
        let since = zip(assignment.players, people).filter { $0.1["role"] != .text(BotRule.role) }.map(\.0.sinceUnixMs).min()
        let nowMs = matchmaker.moment(nowUs).unixMs
        if let since, nowMs - min(nowMs, since) < rule.afterMs {
            fail(.rulesBroken, "\(assignment.session.short) has bots when nobody has waited for longer than \(nowMs - min(nowMs, since)) ms")
        }
    }
}
