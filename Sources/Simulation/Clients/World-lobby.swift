import Coordination
import Matchmaking
import SessionProtocol

/// Clients: what they do of themselves, and at the matchmaker.
extension World {
    /// Sets what a client does next, in its present stage.
    func later(_ client: Int, _ timer: ClientTimer, afterMs range: ClosedRange<Int>) {
        let delayUs = UInt64(clients[client].random.between(range.lowerBound * 1000, range.upperBound * 1000))
        queue.put(.client(client, generation: clients[client].generation, timer), atUs: nowUs + delayUs)
    }

    func enterStage(_ client: Int, _ stage: Client.Stage) {
        clients[client].stage = stage
        clients[client].generation &+= 1
    }

    func act(_ client: Int, _ timer: ClientTimer) {
        events += 1
        switch timer {
        case .join: join(client)
        case .confirm: send(.confirm, on: clients[client].connection)
        case .enter: enterGame(client)
        case .validate: validateOne(client)
        case .losePeer: losePeer(client)
        case .tick: tick(client)
        case .barrier: reachBarrier(client)
        case .episodeDone(let number): ask(.episodeDone(number), client)
        case .resetDone(let number): ask(.resetDone(number), client)
        case .finish: finish(client)
        case .quirk(let quirk): be(client, quirk)
        case .impostor: impersonate(client)
        case .thief: steal(client)
        }
    }

    /// One who goes away for a while, or for good when faults are over.
    func goAway(_ client: Int, thinkMs: ClosedRange<Int>? = nil) {
        enterStage(client, .away)
        clients[client].session = nil
        clients[client].connection = -1
        clients[client].isSilent = false
        clients[client].accuses = false
        clients[client].retries = 0
        if !isHealing, !isBot(client) { later(client, .join, afterMs: thinkMs ?? plan.thinkMs) }
        mayBeImpersonated(client)
    }

    // MARK: At the matchmaker

    private func join(_ client: Int) {
        if isBot(client) { return goAway(client) }
        if clients[client].stage == .away {
            if isHealing { return }
            if clients[client].random.perMille(300) { clients[client].scene = clients[client].random.below(plan.scenes.count) }
            clients[client].games += 1
        }
        enterStage(client, .lobby)
        let connection = connect(client, to: 0)
        clients[client].connection = connection
        sayJoin(client, on: connection, resume: clients[client].resume)
        if clients[client].random.perMille(3) { sayJoin(client, on: connection, resume: clients[client].resume) }
        mayMisbehave(client, within: 0...3000)
        if clients[client].stolen != nil { later(client, .thief, afterMs: 100...1500) }
    }

    /// - Parameter isItself: its page has its token, where there are such.
    func sayJoin(_ client: Int, on connection: Int, resume: String?, isItself: Bool = true) {
        let isUnknown = clients[client].random.perMille(2)
        let wanted = plan.scenes[clients[client].scene]
        let scene = isUnknown ? "nowhere" : wanted.id.name
        var request = JoinRequest(
            scene: scene, subject: clients[client].subject, resume: resume,
            attributes: World.attributes(of: clients[client].subject, in: wanted))
        request.isProven = isItself && !isUnknown && client % 4 == 1 && wanted.authority != nil
        // A token proves as much, so that nothing need be kept but the waiting time.
        if request.isProven, clients[client].games & 1 == 1 { request.resume = nil }
        // Neighbours come as parties of two or three, and now and then somebody is mistaken.
        let hasParties = !isUnknown && wanted.rules.partySizeMax > 1
        let partySize = client / 3 % 4 == 3 ? 3 : 2
        if hasParties, client % 3 != 0 || partySize == 3 || clients[client].random.perMille(200) {
            request.party = JoinRequest.Party(code: "c\(client / 3)", size: clients[client].random.perMille(50) ? 5 - partySize : partySize)
        }
        clientJoins(client, on: connection, resume: request.resume)
        send(.join(request), on: connection)
        if wanted.rules.latency != nil, let ms = World.pingMs(of: clients[client].subject) {
            send(.measured(ms + UInt32(clients[client].random.below(20))), on: connection)
        }
    }

    /// A message reaches a client.
    func hear(_ message: ServerMessage, on connection: Int) {
        let socket = connections[connection]
        guard socket.isOpenAtClient else { return }
        events += 1
        mix(UInt64(connection) << 8)
        let client = socket.client
        switch message {
        case .closed, .refused: connections[connection].isOpenAtClient = false
        case .lobby, .play, .relayed, .bundle: if socket.isSilent { return }
        }
        if clients[client].impostor == connection, case .lobby(.waiting(let news)) = message { clients[client].stolen = news.resume }
        if trace != nil, let text = message.text { note("p\(client) hears on \(connection): \(text)") }
        clientHears(message, client, on: connection)
        guard clients[client].connection == connection else { return }
        switch message {
        case .lobby(let reply): hear(reply, client)
        case .play(let reply): hear(reply, client)
        case .relayed(let kind, let from, let page, let number): hear(relayed: kind, from, page, number, client)
        case .bundle(let bytes): hear(bundle: bytes, client)
        case .closed: lose(client, wasRefused: false)
        case .refused: lose(client, wasRefused: true)
        }
    }

    private func hear(_ reply: MatchmakerReply, _ client: Int) {
        guard clients[client].stage == .lobby else { return }
        switch reply {
        case .waiting(let news):
            let (session, resume) = (news.session, news.resume)
            clients[client].resume = resume
            if let forgotten = clients[client].forgotten, misbehaves(.amnesia) {
                clients[client].forgotten = nil
                clients[client].resume = forgotten
                later(client, .quirk(.reload), afterMs: 0...500)
            }
            // It does not care to wait for a game that it has left behind.
            if session == clients[client].session, plan.quirkPerMille > 0, misbehaves(.leave), clients[client].random.perMille(500) {
                later(client, .quirk(.leave), afterMs: 0...50)
            }
        case .confirm(let deadlineMs):
            // Now and then somebody has fallen asleep, or answers too late.
            if isHealing || !clients[client].random.perMille(plan.asleepPerMille) {
                later(client, .confirm, afterMs: 0...(clients[client].random.perMille(40) ? Int(deadlineMs) + 500 : 400))
            }
        case .matched(let session, let player, let players, let url, let ticket, _):
            clients[client].session = session
            clients[client].player = player.number
            clients[client].players = players
            clients[client].ticket = ticket
            clients[client].server = World.number(ofURL: url)
            beginGame(client)
            mayFlicker(client, session)
            enterGame(client)
        case .ended: goAway(client)
        case .error(let error, _):
            switch error {
            case .partyFull, .partyMismatch, .subjectInUse, .roomFull, .draining, .timeout: goAway(client, thinkMs: 500...3000)
            case .unknownScene, .sceneClosed, .badMessage: goAway(client)
            case .wrongState: break
            }
        }
    }

    /// `ws://n3/v1/play` → 3
    static func number(ofURL url: String) -> Int {
        var number = 0
        for byte in url.utf8.dropFirst(6) {
            guard byte >= 48, byte <= 57 else { break }
            number = number * 10 + Int(byte - 48)
        }
        return number
    }

    /// The connection that a client listens to is gone.
    private func lose(_ client: Int, wasRefused: Bool) {
        clients[client].connection = -1
        clients[client].retries += 1
        // Timers of what was going on count no more.
        clients[client].generation &+= 1
        if clients[client].isSilent, !isHealing {
            return goAway(client)
        }
        clients[client].isSilent = false
        switch clients[client].stage {
        case .away: break
        case .lobby: later(client, .join, afterMs: 100...1000)
        case .entering, .inside, .playing:
            if clients[client].retries > 4 {
                clients[client].retries = 0
                enterStage(client, .lobby)
                later(client, .join, afterMs: 10...500)
            } else {
                clients[client].stage = .entering
                later(client, .enter, afterMs: 50...600)
            }
        }
    }
}
