import Coordination
import Matchmaking
import SessionProtocol

/// What is asked of a copy of a core, which is a value: what would it do if this came now? So races that a run hardly ever
/// meets are met whenever they could be.
extension World {
    /// Rule 3, asked of a copy of the core at the moment when a new attempt goes out: whatever the holders of older ones may
    /// still say counts as absent.
    func probeOlderAttempts(_ number: Int) {
        let handOffs = truth[number].handOffs
        guard let current = truth.duties.current[number] else { return }
        for older in handOffs where older.attempt < current.attempt {
            guard let link = truth.duties.peers[older.node - 1].readyLink, links[link].matchmakerEnd == .open else { continue }
            coverage.count(.staleProbed)
            let (session, attempt) = (older.assignment.session, older.attempt)
            probe(.accepted(session, attempt), link)
            probe(.state(session, attempt, .playing), link)
            probe(.holding(.matched, older.assignment), link)
            let outcome = Outcome(
                session: session, attempt: attempt, scene: older.assignment.scene, reason: .noShow, endedIn: .matched,
                isPresumed: false, endedAtUnixMs: 0, players: [], failedPairs: [])
            probe(.ended(outcome), link)
        }
    }

    private func probe(_ message: Message, _ link: Int) {
        var core = matchmaker.core
        var actions: [MatchmakerAction] = []
        core.handle(.link(LinkHandle(UInt64(link)), message), now: matchmaker.moment(nowUs), actions: &actions)
        for action in actions {
            switch action {
            case .link(_, .drop), .link(_, .endedAck), .notice: break
            case .link, .reply, .close, .closeLink, .persist, .transition:
                return fail(.outcomesDiffer, "\(message.text) of an attempt that was taken back counts")
            }
        }
    }

    /// Rule 12: while a coordinator's link is up nobody else can speak for its node.
    func probeClaimants() {
        for host in coordinators {
            guard truth.duties.peers[host.number - 1].readyLink != nil, let hello = host.hello, matchmaker.isRunning else { continue }
            let second = Hello(
                versionMin: hello.versionMin, versionMax: hello.versionMax, node: host.node,
                incarnation: Incarnation(UInt64.max), nonce: [], capacity: hello.capacity, publicURL: hello.publicURL)
            var core = matchmaker.core
            var actions: [MatchmakerAction] = []
            let link = LinkHandle(UInt64(UInt32.max))
            core.handle(.linkProven(link, second), now: matchmaker.moment(nowUs), actions: &actions)
            let isRefused = actions.contains {
                if case .closeLink(link, let reject?) = $0 { reject.code == .nodeInUse } else { false }
            }
            if !isRefused { fail(.twinSessions, "a second process may speak for n\(host.number)") }
        }
    }

    /// Rule 10: a link that comes up renews no lease, so that it runs out when it would have without.
    func probeLease(_ host: CoordinatorHost) {
        let coordinator = truth.coordinators[host.number - 1]
        guard host.isRunning, coordinator.isLinkUp, let fromMs = coordinator.leaseFromMs, coordinator.leaseGraceMs > 0 else { return }
        var core = host.core
        var actions: [CoordinatorAction] = []
        let now = host.moment(nowUs)
        core.advance(now: Moment(bootMs: fromMs + coordinator.leaseGraceMs, unixMs: now.unixMs), actions: &actions)
        let isOver = actions.contains { if case .notice(.leaseExpired) = $0 { true } else { false } }
        if !isOver { fail(.twinSessions, "n\(host.number) has a longer lease by its new link alone") }
    }
}
