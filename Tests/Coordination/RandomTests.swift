import SessionProtocol
import Testing

@testable import Coordination

/// A careless world around a coordinator: a matchmaker, a disk and clients that do anything at any time. It knows just
/// enough to judge what comes out.
struct RandomWorld {
    var core: CoordinatorCore
    var random: SplitMix
    var now = Moment(bootMs: 1_000_000, unixMs: 0)
    var isLinkUp = false
    var persistCount: UInt64 = 0
    var persistedUpTo: UInt64 = 0
    var lastPingMs: UInt64 = 0
    var sessionNext: UInt64 = 1
    var connectionNext: UInt64 = 1
    /// What the matchmaker has assigned, by session number.
    var assigned: [UInt64: Assignment] = [:]
    var accepted: Set<UInt64> = []
    var forgotten: Set<UInt64> = []
    var acked: Set<UInt64> = []
    /// The outcome of a session and the number of its write.
    var outcomes: [UInt64: (Outcome, UInt64)] = [:]
    /// Connections that the coordinator has not closed and that have not gone, with their session.
    var open: [UInt64: UInt64] = [:]
    var entered = 0
    var told = 0

    init(seed: UInt64) {
        var limits = CoordinationLimits()
        limits.sessionsMax = 12
        limits.outboxMax = 24
        limits.barriersOpenMax = 2
        limits.replayBytesMax = 64
        limits.ledger.tombstonesMax = 20
        core = CoordinatorCore(limits: limits)
        random = SplitMix(seed: seed)
    }

    mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    mutating func pickOpen() -> ConnectionHandle {
        let all = open.keys.sorted()
        return ConnectionHandle(all.isEmpty ? 0 : all[pick(all.count)])
    }
    mutating func pickSession() -> UInt64 {
        let recent = min(sessionNext, 12)
        return sessionNext - recent + UInt64(pick(Int(recent)))
    }

    // MARK: Steps

    mutating func step() {
        now.bootMs += [0, 0, 1, 50, 400, 3_000][pick(6)]
        if pick(400) == 0 { now.bootMs += 30_000 }
        var actions: [CoordinatorAction] = []
        core.advance(now: now, actions: &actions)
        judge(actions, after: nil)
        if let event = randomEvent() {
            if case .linkUp = event { isLinkUp = true }
            if case .link(.drop(let session, let attempt)) = event, isLinkUp,
                core.ledger[session]?.details.assignment.attempt == attempt
            {
                forgotten.insert(session.low)
            }
            if case .link(.endedAck(let session, let attempt)) = event, isLinkUp,
                outcomes[session.low]?.0.attempt == attempt
            {
                acked.insert(session.low)
            }
            if case .persisted(let number) = event { persistedUpTo = number }
            actions.removeAll()
            core.handle(event, now: now, actions: &actions)
            judge(actions, after: event)
            if case .linkDown = event { isLinkUp = false }
        } else {
            relay()
        }
        core.checkInvariants()
        #expect(core.nextDeadlineMs.map { $0 > now.bootMs } != false, "what was due has been done")
    }

    private mutating func randomEvent() -> CoordinatorEvent? {
        switch pick(20) {
        case 0, 1: return .link(.assign(randomAssignment()))
        case 2, 3, 4, 5, 6: return randomEnter()
        case 7, 8: return .request(pickOpen(), randomRequest())
        case 9:
            let connection = pickOpen()
            open[connection.number] = nil
            return .disconnected(connection)
        case 10, 11: return .persisted(upTo: persistedUpTo + (random.next() % (persistCount - persistedUpTo + 1)))
        case 12, 13, 14:
            let waiting = outcomes.keys.sorted().filter { !acked.contains($0) }
            guard !waiting.isEmpty else { return .link(.pong(sentAtMs: lastPingMs)) }
            let session = waiting[pick(waiting.count)]
            return .link(.endedAck(Stage.session(session), Attempt(UInt32(pick(8) == 0 ? 2 : 1))))
        case 15, 16: return .link(.pong(sentAtMs: lastPingMs))
        case 17:
            let (session, attempt) = (Stage.session(pickSession()), Attempt(UInt32(1 + pick(8) / 7)))
            switch pick(12) {
            case 0: return .link(.drop(session, attempt))
            case 1: return .link(.cancel(session, attempt, .cancelled, blamed: [PlayerIndex(200)]))
            case 2: return .link(.inventoryEnd)
            default: return nil
            }
        case 18:
            if isLinkUp && pick(4) > 0 { return .link(.pong(sentAtMs: lastPingMs)) }
            return isLinkUp
                ? .linkDown : .linkUp(terms: Welcome(leaseGraceMs: 15_000, pingIntervalMs: 2_000))
        default: return nil
        }
    }

    private mutating func randomAssignment() -> Assignment {
        let old = pickSession()
        if pick(4) == 0, var assignment = assigned[old], outcomes[old] == nil, !forgotten.contains(old) {
            if pick(2) == 0 { assignment.attempt = assignment.attempt.next }
            return assignment
        }
        var settings = SessionSettings(
            validatesPeers: pick(2) == 0, onValidationFailure: ValidationFailureAction.allCases[pick(3)],
            playTimeoutMs: 60_000)
        settings.barrierTimeoutMs = 5_000
        let subjects = pick(6) == 0 ? "shared" : nil
        let assignment = Stage.assignment(sessionNext, players: 1 + pick(3), subjects: subjects, settings)
        assigned[sessionNext] = assignment
        sessionNext += 1
        return assignment
    }

    private mutating func randomEnter() -> CoordinatorEvent {
        let session = pickSession()
        let count = assigned[session]?.players.count ?? 1
        let isRight = pick(10) > 0
        let ticket = isRight ? Stage.ticket(session, UInt64(pick(count))) : Ticket(high: 1, low: 0)
        var connection = connectionNext
        if pick(20) == 0 { connection = pickOpen().number } else { connectionNext += 1 }
        if open[connection] == nil { open[connection] = session }
        return .enter(ConnectionHandle(connection), Stage.session(session), ticket, received: UInt64(pick(5)))
    }

    private mutating func randomRequest() -> PlayerRequest {
        let player = PlayerIndex(UInt8(pick(3)))
        if pick(12) == 0 { return .clock(sample: UInt32(pick(4)), clientMs: [0, 5e5, .nan, -1, .infinity][pick(5)]) }
        switch pick(15) {
        case 0, 1, 2, 3: return .validated(peer: player, rttMs: nil)
        case 4: return .validationFailed(peer: player, detail: "", attempt: pick(2) == 0 ? nil : UInt32(pick(4)))
        case 5: return .signal(to: player, data: [1], attempt: pick(2) == 0 ? nil : UInt32(pick(4)))
        case 6: return .peerLost(peer: player)
        case 7, 8, 9: return .ready(barrier: "\(pick(4))")
        case 10, 11, 12: return .finish(result: pick(2) == 0 ? nil : [123, 125])
        case 13: return .visibility(isHidden: pick(2) == 0)
        default: return pick(2) == 0 ? .leave : .exclude(reason: "")
        }
    }

    private mutating func relay() {
        var targets = RelayTargets()
        let payload = [UInt8](repeating: 7, count: pick(30))
        let from = pickOpen()
        let result = core.relay(
            from: from, kind: UInt8(pick(3)), address: pick(2) == 0 ? 255 : UInt8(pick(3)), payload: payload.span, now: now,
            targets: &targets)
        for target in (0..<targets.count).map({ targets[$0] }) {
            #expect(open[target.number] == open[from.number], "a message stays inside its session")
            #expect(target != from)
        }
        if case .refused = result { #expect(targets.count == 0) }
    }

    // MARK: Judging

    private mutating func judge(_ actions: [CoordinatorAction], after event: CoordinatorEvent?) {
        for action in actions {
            switch action {
            case .reply(let connection, let reply):
                #expect(open[connection.number] != nil || connection.number == 0, "\(reply) to one who is gone")
                judge(reply, to: connection, after: event)
            case .replay(let connection, _, _), .replayTick(let connection, _), .limitBacklog(let connection, _, _):
                #expect(open[connection.number] != nil)
            case .close(let connection, _): open[connection.number] = nil
            case .link(let message):
                #expect(isLinkUp, "\(message.kind) on a link that is down")
                if case .ping(let ping) = message { lastPingMs = ping.sentAtMs }
                if case .accepted(let session, _) = message { accepted.insert(session.low) }
                if case .ended(let outcome) = message { #expect(outcomes[outcome.session.low]?.0 == outcome) }
            case .closeLink: isLinkUp = false
            case .persist(let message):
                persistCount += 1
                if case .ended(let outcome) = message {
                    let session = outcome.session.low
                    #expect(outcomes[session] == nil, "one outcome a session")
                    #expect(accepted.contains(session) && !forgotten.contains(session))
                    outcomes[session] = (outcome, persistCount)
                }
            case .transition(let transition): #expect(transition.isLegal)
            case .notice: break
            }
        }
    }

    private mutating func judge(
        _ reply: PlayerReply, to connection: ConnectionHandle, after event: CoordinatorEvent?
    ) {
        switch reply {
        case .entered(let session, let player, _, _, _, _, _):
            entered += 1
            guard case .enter(connection, session, let ticket, _, _) = event else {
                Issue.record("entered without an enter")
                return
            }
            #expect(assigned[session.low]?.players[Int(player.number)].ticket == ticket, "a ticket is needed")
        case .ended(let session, let reason, _, _, _):
            told += 1
            #expect(open[connection.number] == session.low)
            guard let (outcome, number) = outcomes[session.low] else {
                Issue.record("told of an end without an outcome")
                return
            }
            #expect(outcome.reason == reason)
            let isKnown = acked.contains(session.low)
            #expect(isKnown || (!isLinkUp && number <= persistedUpTo), "told before it is true")
        case .validate, .retry, .signal, .transport, .play, .clock, .start, .go, .episode, .reset, .done, .paused, .resumed, .playerLost, .playerSeated,
            .peerDisconnected, .peerReconnected, .warning, .warningOver, .error:
            break
        }
    }

    /// Everything ends: the world behaves for a moment.
    mutating func windUp() {
        func turn(_ event: CoordinatorEvent) {
            var actions: [CoordinatorAction] = []
            if case .linkUp = event { isLinkUp = true }
            core.handle(event, now: now, actions: &actions)
            judge(actions, after: event)
            core.checkInvariants()
        }
        for connection in open.keys.sorted() {
            open[connection] = nil
            turn(.disconnected(ConnectionHandle(connection)))
        }
        turn(.shutdown)
        persistedUpTo = persistCount
        turn(.persisted(upTo: persistCount))
        if !core.isLinkUp { turn(.linkUp(terms: Welcome(leaseGraceMs: 15_000, pingIntervalMs: 2_000))) }
        for session in core.outbox.keys {
            acked.insert(session.low)
            turn(.link(.endedAck(session, core.outbox[session]?.outcome.attempt ?? .first)))
        }
        for table in core.tables { #expect(table.count == 0, "\(table.name) is not empty at the end") }
        #expect(core.isQuiet)
        #expect(accepted.subtracting(forgotten) == Set(outcomes.keys), "what was accepted has an outcome")
    }
}

@Suite struct RandomTests {
    @Test("whatever happens in whatever order, the promises hold", arguments: 1...24 as ClosedRange<UInt64>)
    func anything(seed: UInt64) {
        var world = RandomWorld(seed: seed)
        for _ in 0..<1_500 { world.step() }
        world.windUp()
        // A world in which nothing happens would prove nothing.
        #expect(world.entered > 20 && world.told > 5 && world.outcomes.count > 10)
        #expect(Set(world.outcomes.values.map(\.0.reason)).count > 2)
    }
}
