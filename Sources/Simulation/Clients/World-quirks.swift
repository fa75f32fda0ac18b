import Coordination
import Matchmaking
import SessionProtocol

/// Clients that are not as they should be.
extension World {
    func misbehaves(_ quirk: Quirk) -> Bool { !isHealing && options.quirks.contains(quirk) }

    /// Now and then, at each stage, a client goes wrong.
    func mayMisbehave(_ client: Int, within range: ClosedRange<Int>) {
        guard !isHealing, clients[client].random.perMille(plan.quirkPerMille) else { return }
        let quirk = Quirk.allCases[clients[client].random.below(Quirk.allCases.count)]
        if options.quirks.contains(quirk), quirk != .flicker { later(client, .quirk(quirk), afterMs: range) }
    }

    func be(_ client: Int, _ quirk: Quirk) {
        guard misbehaves(quirk), !isBot(client) || quirk != .doubleJoin && quirk != .amnesia else { return }
        let connection = clients[client].connection
        let isInLobby = clients[client].stage == .lobby
        note("p\(client) (\(clients[client].stage)): \(quirk.name)")
        coverage.count(quirk)
        switch quirk {
        case .vanish:
            hangUp(connection)
            goAway(client, thinkMs: 100...6000)
        case .vanishSilently:
            loseSilently(connection)
            goAway(client, thinkMs: 100...6000)
        case .drop:
            guard connection >= 0 else { return }
            if clients[client].random.perMille(500) { hangUp(connection) } else { loseSilently(connection) }
            clients[client].connection = -1
            clients[client].generation &+= 1
            let isGame = clients[client].stage != .lobby
            if isGame { clients[client].stage = .entering }
            later(client, isGame ? .enter : .join, afterMs: 0...2500)
        case .reload: reload(client, connection)
        case .silence: clients[client].isSilent = true
        case .leave: if isInLobby { send(.leave, on: connection) } else { ask(.leave, client) }
        case .exclude: if !isInLobby { ask(.exclude(reason: "bored"), client) }
        case .repeatItself: repeatItself(client, connection)
        case .slow: clients[client].isSlowUntilUs = nowUs + UInt64(clients[client].random.between(500_000, 5_000_000))
        case .doubleJoin:
            let other = connect(client, to: 0)
            // Without a proof, or with somebody else's.
            let resume = clients[client].games & 1 == 0 ? nil : clients[(client + 1) % clients.count].resume
            sayJoin(client, on: other, resume: resume, isItself: false)
            closeLater(other, client)
        case .wrongTicket: enterWithWrongTicket(client)
        case .babble: babble(client, connection)
        case .accuse: clients[client].accuses = true
        case .lateEnter: if let session = clients[client].session { enterLate(client, session) }
        case .flicker:
            hangUp(connection)
            clients[client].connection = -1
            clients[client].stage = .entering
            later(client, .enter, afterMs: 300...1200)
        case .amnesia:
            clients[client].forgotten = clients[client].resume
            clients[client].resume = nil
        }
    }

    /// Groups whose members come and go are found by the session's name, so that all of one do.
    func mayFlicker(_ client: Int, _ session: SessionID) {
        guard misbehaves(.flicker), plan.quirkPerMille > 0, session.low % 40 == 7 else { return }
        clients[client].flickersUntilUs = nowUs + 8_000_000
    }

    func closeLater(_ connection: Int, _ client: Int) {
        queue.put(.ghostCloses(connection), atUs: nowUs + UInt64(clients[client].random.between(1_000, 5_000_000)))
    }

    /// A new page opens before the old one is gone.
    private func reload(_ client: Int, _ connection: Int) {
        guard connection >= 0 else { return }
        closeLater(connection, client)
        clients[client].generation &+= 1
        clients[client].connection = -1
        let forgetsTicket = clients[client].random.perMille(400)
        if clients[client].stage == .lobby || forgetsTicket {
            enterStage(client, .lobby)
            act(client, .join)
        } else {
            clients[client].received = 0
            clients[client].stage = .entering
            enterGame(client)
        }
    }

    private func repeatItself(_ client: Int, _ connection: Int) {
        switch clients[client].stage {
        case .away: break
        case .lobby: sayJoin(client, on: connection, resume: clients[client].resume)
        case .entering, .inside:
            guard let session = clients[client].session else { return }
            send(.enter(session, clients[client].ticket, received: 0, tick: 0), on: connection)
            if let peer = PlayerIndex(exactly: clients[client].player == 0 ? 1 : 0) {
                ask(.validated(peer: peer, rttMs: nil), client)
                ask(.validated(peer: peer, rttMs: nil), client)
            }
        case .playing:
            ask(.ready(barrier: "b0"), client)
            ask(.ready(barrier: "b0"), client)
            ask(.finish(result: nil), client)
            ask(.finish(result: nil), client)
            clients[client].hasFinished = true
        }
    }

    private func enterWithWrongTicket(_ client: Int) {
        guard let session = clients[client].session else { return }
        let other = connect(client, to: clients[client].server)
        let guess = Ticket(high: clients[client].random.next(), low: clients[client].random.next())
        send(.enter(session, guess, received: 0, tick: 0), on: other)
        send(.request(.leave), on: other)
        closeLater(other, client)
    }

    func enterLate(_ client: Int, _ session: SessionID) {
        let other = connect(client, to: clients[client].server)
        // Or as somebody who has seen no more than its name.
        let isGuess = clients[client].games % 4 == 3
        let ticket = isGuess ? Ticket(high: nowUs, low: UInt64(client)) : clients[client].ticket
        send(.enter(session, ticket, received: 0, tick: 0), on: other)
        closeLater(other, client)
    }

    private func babble(_ client: Int, _ connection: Int) {
        guard connection >= 0 else { return }
        if connections[connection].server == 0 {
            send(.confirm, on: connection)
            let other = connect(client, to: 0)
            send(.leave, on: other)
            closeLater(other, client)
            return
        }
        send(.request(.signal(to: PlayerIndex(200), data: [])), on: connection)
        send(.request(.validated(peer: PlayerIndex(clients[client].player), rttMs: nil)), on: connection)
        send(.request(.ready(barrier: String(repeating: "x", count: 100))), on: connection)
        for number in 0..<3 { send(.request(.ready(barrier: "side \(number)")), on: connection) }
        send(.relay(kind: 9, address: 255, page: 0, number: 0), on: connection)
        send(.relay(kind: 1, address: 77, page: 0, number: 0), on: connection)
        send(.request(.finish(result: Array(repeating: 32, count: 2000))), on: connection)
        let other = connect(client, to: clients[client].server)
        send(.request(.leave), on: other)
        closeLater(other, client)
    }
}
