import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

/// One cell of the table of exit paths.
struct Cell: Hashable, Sendable, CustomTestStringConvertible {
    let cause: ExitCause
    let state: SessionState
    var path: ExitPath { cause.path(in: state) }
    var testDescription: String { "\(cause) in \(state)" }

    static let all = ExitCause.allCases.flatMap { cause in SessionState.allCases.map { Cell(cause: cause, state: $0) } }

    /// All that something can bring about.
    static let reachable = all.filter {
        if case .impossible = $0.path { false } else { true }
    }
}

/// One way through a cell: brings a session into the state, lets the cause happen by real events, and compares with the
/// table all that can be seen. Ann is the one of whom a cause tells, where it is one; bob and cid are the others.
final class Walk {
    let cell: Cell
    let variant: Int
    let world = World()
    var scene = "relay"
    var session = SessionID(high: 0, low: 0)
    /// Who is in the session when the cause comes.
    var members = ["ann", "bob", "cid"]
    var concerned = ["ann"]
    /// Nil when nothing walks this cell.
    var isWalked = true
    private(set) var joinedUnixMs: UInt64 = 0
    private(set) var marks: [String: Int] = [:]
    private var seenOutcomes = 0
    private var seenTransitions = 0

    init(_ cell: Cell, variant: Int) {
        self.cell = cell
        self.variant = variant
    }

    // MARK: Into a state

    func bring() {
        switch cell.state {
        case .waiting: wait()
        case .matched: match()
        case .validating: validate()
        case .playing: play()
        case .ended: endUntold()
        }
    }

    /// Ann and bob wait for a third.
    func wait() {
        world.start("east")
        joinAll(["ann", "bob"])
    }

    func joinAll(_ names: [String]) {
        members = names
        joinedUnixMs = world.now.unixMs
        for name in names { world.join(name, scene) }
        session = world.matchmaker.ledger.session(of: .of(names[0])) ?? session
        mark()
        // Time that was waited can be told from none.
        world.pass(2_000)
        mark()
    }

    /// All have been told; ann and bob have entered, cid has not.
    func match() {
        gather()
        world.enter("ann")
        world.enter("bob")
        mark()
    }

    /// All wait, with nobody to take them; then a coordinator comes, and the disk holds back what it is asked.
    func gather(isRecorded: Bool = true, _ limits: CoordinationLimits = CoordinationLimits()) {
        joinAll(["ann", "bob", "cid"])
        world.journal.isWorking = isRecorded
        world.start("east", limits)
        mark()
    }

    func validate() {
        if scene == "relay" { scene = "requeue" }
        match()
        world.enter("cid")
        mark()
    }

    /// Everyone plays; something of each kind is under way that an end has to take along.
    func play() {
        match()
        world.enter("cid")
        world.relay("ann")
        let takesLong = [.timeLimit, .barrierOver, .journalLost].contains(cell.cause)
        if cell.state != .ended, !takesLong { world.ask("ann", .ready(barrier: "half-time")) }
        mark()
    }

    /// Cid has left the game, and the disk has not recorded it yet.
    func endUntold() {
        play()
        leaveUntold()
    }

    func leaveUntold() {
        world.journal.isWorking = false
        world.ask("cid", .leave)
        concerned = ["cid"]
        mark()
    }

    /// What came before the cause is not what is compared.
    func mark() {
        marks = world.marks
        seenOutcomes = world.outcomes.count
        seenTransitions = world.transitions.count
    }

    var newTransitions: ArraySlice<(side: String, transition: Transition)> { world.transitions.dropFirst(seenTransitions) }

    func heard(_ name: String) -> [String] { world.words(of: name, since: marks) }

    var isLive: Bool { world.matchmaker.ledger.contains(session) }
    var mirrored: SessionState? { world.matchmaker.ledger[session]?.state }
    func held(at node: String) -> SessionState? { world.nodes[node]?.core.ledger[session]?.state }

    // MARK: Comparing

    func check() {
        world.pump()
        if !isWalked { return }
        switch cell.path {
        case .ends(let ending): checkEnd(ending)
        case .goesOn: checkLife()
        case .isOver: checkOver()
        case .vanishes: checkVanished()
        case .impossible: Issue.record("a cell that nothing can reach is walked")
        }
        // A matchmaker that shuts down matches nobody again; who plays plays on.
        if cell.cause != .matchmakerShutdown { playAgain() } else if isLive { endByLeaving() }
        checkLeftovers()
        #expect(world.complaints == [])
    }

    private func checkEnd(_ ending: ExitEnding) {
        #expect(!isLive, "the session has ended")
        let ends = newTransitions.filter {
            $0.transition.session == session && $0.transition.to == .ended
        }
        let deciders = ends.filter { $0.transition.cause != nil }
        #expect(deciders.map(\.transition.cause) == [cell.cause], "one verdict, by this cause")
        #expect(deciders.map(\.transition.from) == [ending.endedIn])
        switch ending.decider {
        case .matchmaker: #expect(deciders.map(\.side) == ["matchmaker"])
        case .coordinator: #expect(deciders.map(\.side) == ["east"])
        case .owner: break
        }
        #expect(ends.allSatisfy { $0.transition.reason == ending.reason && $0.transition.isLegal })
        checkOutcome(ending)
        checkForgotten(ending, isByMatchmaker: deciders.map(\.side) == ["matchmaker"])
        for name in world.players.keys.sorted() where members.contains(name) {
            checkHearing(name, concerned.contains(name) && ending.concernedHear != .nothing ? ending.concernedHear : nil, ending)
        }
    }

    private func checkOutcome(_ ending: ExitEnding) {
        let recorded = world.matchmaker.ledger.tombstone(session)?.outcome
        guard let recorded else {
            Issue.record("nothing is recorded")
            return
        }
        #expect(recorded.reason == ending.reason)
        #expect(recorded.endedIn == ending.endedIn)
        #expect(recorded.isPresumed == ending.isPresumed)
        let blamed = ending.blame == .concerned ? Set(concerned) : []
        #expect(Set(recorded.players.filter(\.isBlamed).map(\.subject.name)) == blamed)
        let requeued = ending.requeue == .blameless ? Set(members).subtracting(blamed) : []
        #expect(Set(recorded.players.filter(\.isRequeued).map(\.subject.name)) == requeued)
        if ending.endedIn == .waiting { return }
        #expect(world.outcomes.dropFirst(seenOutcomes) == [recorded], "one outcome, said once")
        #expect(world.journal.hasOutcome(of: session))
        for (name, node) in world.nodes {
            guard let other = node.core.ledger.tombstone(session)?.outcome else { continue }
            #expect(other == recorded, "\(name) remembers the same")
        }
    }

    /// What each process has forgotten by now, and what it has kept of the session. That nothing else is left, in any table,
    /// is seen when everyone has gone.
    private func checkForgotten(_ ending: ExitEnding, isByMatchmaker: Bool) {
        let recorded = world.matchmaker.ledger.tombstone(session)?.outcome
        switch ending.matchmakerForgets {
        case .room: #expect(!world.journal.names(session), "a room leaves nothing on disk")
        case .mirror: #expect(world.journal.hasOutcome(of: session))
        case .nothing, .session, .copy: Issue.record("the matchmaker has known of it")
        }
        for name in members { #expect(world.matchmaker.ledger.session(of: .of(name)) != session, "\(name) is free") }
        guard let east = world.nodes["east"], east.isAlive else { return }
        let kept = east.core.ledger.tombstone(session)?.outcome
        #expect(!east.core.ledger.contains(session))
        for name in members { #expect(east.core.ledger.session(of: .of(name)) == nil, "\(name) is not inside") }
        // Who owned it as it ended is the one that has ended it.
        switch ending.decider == .owner && isByMatchmaker ? .copy : ending.coordinatorForgets {
        case .session:
            #expect(kept == recorded && kept != nil, "both remember the same")
            #expect(east.disk.hasOutcome(of: session))
            #expect(east.core.outbox.count == 0, "it is acknowledged")
        case .copy, .nothing: #expect(kept == nil && !east.disk.names(session), "it has ended nothing")
        case .room, .mirror: Issue.record("a coordinator has neither")
        }
    }

    private func checkHearing(_ name: String, _ special: ExitEnding.Hearing?, _ ending: ExitEnding) {
        let isGone = world.players[name]?.connection == nil && heard(name).isEmpty
        // One who is not connected hears nothing; who still has a ticket hears it by entering late.
        if isGone {
            guard special == nil, !concerned.contains(name), ending.endedIn != .waiting,
                ending.othersHear == .ended || ending.othersHear == .endedRequeued,
                world.players[name]?.seat != nil, world.nodes["east"]?.isAlive == true
            else { return }
            world.enter(name)
        }
        if special == nil, concerned.contains(name), ending.concernedHear == .nothing {
            #expect(heard(name) == [], "\(name)")
            return
        }
        let lines = heard(name)
        let told = lines.filter { $0.hasPrefix("ended") }
        switch special ?? ending.othersHear {
        case .nothing: #expect(lines == [], "\(name)")
        case .ended:
            #expect(told == ["ended \(ending.reason)"], "\(name)")
            // In a room one hears counts before; and one who moves hears of the new place.
            #expect(lines == told || cell.state == .waiting, "\(name)")
        case .endedRequeued: #expect(lines == ["ended \(ending.reason) requeued"], "\(name)")
        case .goodbye: #expect(lines == ["ended player_left"], "\(name)")
        case .waiting: #expect(told == [] && lines.last?.hasPrefix("waiting") == true, "\(name): \(lines)")
        case .silence: #expect(told == [], "\(name)")
        }
    }

    func checkLife() {
        #expect(isLive, "the session goes on")
        #expect(newTransitions.allSatisfy { $0.transition.session != session || $0.transition.to != .ended })
        #expect(world.outcomes.dropFirst(seenOutcomes).isEmpty)
        for name in members where !concerned.contains(name) {
            #expect(heard(name).allSatisfy { !$0.hasPrefix("ended") && !$0.hasPrefix("error") }, "\(name): \(heard(name))")
        }
    }

    func checkOver() {
        #expect(!isLive)
        let said = world.outcomes.filter { $0.session == session && !$0.isPresumed }
        #expect(Set(said).count == 1, "one outcome for good, whatever comes")
        #expect(world.transitions.count { $0.transition.session == session && $0.transition.to == .ended && $0.side == "matchmaker" } <= 1)
        for node in world.nodes.values {
            guard let other = node.core.ledger.tombstone(session)?.outcome else { continue }
            #expect(said.contains(other))
        }
    }

    private func checkVanished() {
        #expect(world.outcomes.allSatisfy { $0.session != session || $0.isPresumed == false && cell.cause == .dropped })
        #expect(newTransitions.allSatisfy { $0.transition.to != .ended || $0.side != "east" })
        #expect(held(at: "east") == nil)
    }

    // MARK: Afterwards

    /// Faults are over. What lives ends, all come back with what they were given, and play a new game to its end.
    private func playAgain() {
        recover()
        let old = session
        // One is out already; with another gone too few are left.
        if cell.cause == .lost { world.ask("cid", .leave) } else if isLive, cell.state != .waiting { endByLeaving() }
        if cell.cause == .journalLost { world.pass(18_000) }
        for name in ["ann", "bob", "cid"] where !isConnected(name) || !isWaiting(name) {
            world.join(name, scene)
        }
        let names = ["ann", "bob", "cid"]
        let sessions = Set(names.compactMap { world.matchmaker.ledger.session(of: .of($0)) })
        #expect(sessions.count == 1 && (sessions.first != old || cell.state == .waiting), "all three are matched anew")
        #expect(names.allSatisfy { world.players[$0]?.heard.last == "matched" }, "\(names.map { world.players[$0]?.heard.last ?? "" })")
        checkSeniority()
        session = sessions.first ?? session
        endByLeaving()
    }

    /// For the game that is played again, or matched for it already.
    private func isWaiting(_ name: String) -> Bool {
        world.matchmaker.ledger.session(of: .of(name)).flatMap { world.matchmaker.ledger[$0] }?.scene.name == scene
    }

    private func isConnected(_ name: String) -> Bool { world.players[name]?.connection != nil }

    /// Who was put back has waited since it first came, unless it played meanwhile.
    private func checkSeniority() {
        guard case .ends(let ending) = cell.path, ending.requeue == .blameless,
            case .journalMatched(_, let assignment)? = world.journal.asked.last(where: { $0.kind == .journalMatched })
        else { return }
        for player in assignment.players where !concerned.contains(player.subject.name) {
            #expect(player.sinceUnixMs == joinedUnixMs, "\(player.subject.name) has waited since it first came")
        }
    }

    private func recover() {
        world.journal.isWorking = true
        world.tell(.storage(isWorking: true))
        for name in world.nodes.keys.sorted() {
            if world.nodes[name]?.isStalled == true { world.wake(name) }
            world.nodes[name]?.ignoresCancel = false
            world.nodes[name]?.disk.isWorking = true
            world.tell(name, .storage(isWorking: true))
        }
        world.heal()
        if world.nodes["west"] == nil { world.start("west") }
        world.pump()
        // Pairs that failed may meet again, holds are over.
        if [.pairFailed, .pairFailedFinally, .unreachable, .unreachableFinally, .movedTogether].contains(cell.cause) {
            world.pass(61_000)
        }
    }

    private func endByLeaving() {
        for name in ["ann", "bob", "cid"] where world.players[name]?.node == nil || !isConnected(name) { world.enter(name) }
        #expect(["ann", "bob", "cid"].allSatisfy { world.players[$0]?.connection != nil }, "all are inside")
        world.ask("cid", .leave)
        #expect(!isLive, "and it ends")
    }

    private func checkLeftovers() {
        for name in world.players.keys.sorted() { world.disconnect(name) }
        world.pump()
        #expect(world.leftovers == [])
    }
}
