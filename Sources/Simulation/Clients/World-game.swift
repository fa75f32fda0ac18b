import Coordination
import Matchmaking
import SessionProtocol

/// Clients at their coordinators.
extension World {
    func beginGame(_ client: Int) {
        enterStage(client, .entering)
        clients[client].received = 0
        (clients[client].lastTick, clients[client].hasTicks) = (0, false)
        clients[client].retries = 0
        clients[client].relay = nil
        clients[client].hasFinished = false
        clients[client].episode = 0
        clients[client].barrier = 0
        clients[client].barriersLeft = clients[client].random.below(3)
    }

    func enterGame(_ client: Int) {
        guard let session = clients[client].session, clients[client].stage == .entering else { return }
        clients[client].generation &+= 1
        // What was sent on an older connection may have been lost, so that messages are numbered anew.
        clients[client].page &+= 1
        clients[client].numberNext = 1
        clients[client].episode = 0
        let connection = connect(client, to: clients[client].server)
        clients[client].connection = connection
        let enter = ClientMessage.enter(session, clients[client].ticket, received: clients[client].received, tick: clients[client].lastTick)
        send(enter, on: connection)
        mayMisbehave(client, within: 0...500)
    }

    func hear(_ reply: PlayerReply, _ client: Int) {
        switch reply {
        case .entered(let session, _, _, _, let missed, let missedTicks, _):
            enterStage(client, .inside)
            mayHide(client, session)
            clients[client].retries = 0
            clients[client].lastTick &+= missedTicks
            clients[client].received += missed
            if clients[client].flickersUntilUs > nowUs, misbehaves(.flicker) { later(client, .quirk(.flicker), afterMs: 20...150) }
            mayMisbehave(client, within: 0...2000)
        case .validate(let task):
            clients[client].peersToValidate = task.peers.filter { !task.validated.contains($0) }
            clients[client].attempts = Array(repeating: task.attempt, count: clients[client].players)
            for peer in task.offerTo { ask(.signal(to: peer, data: [123, 125], attempt: task.attempt), client) }
            later(client, .validate, afterMs: 10...400)
        case .retry(let peer, let attempt, let offers, _, _): tryAgain(peer, attempt, offers: offers, client)
        case .signal, .transport, .start: break
        case .clock(let sample, _):
            // Some pages know nothing of clocks, and some clocks are nonsense.
            if clients[client].subject.name.utf8.last.map({ $0 % 8 == 0 }) == true { return }
            let clientMs = Double(nowUs) / 1000 + clockOffsetMs(client)
            ask(.clock(sample: sample, clientMs: clients[client].random.perMille(plan.quirkPerMille / 8) ? .nan : clientMs), client)
        case .play(let transport, _, _, let ticks):
            clients[client].hasTicks = ticks != nil
            enterStage(client, .playing)
            if transport == .peer { mayLosePeer(client) }
            later(client, .tick, afterMs: plan.tickMs)
            later(client, .finish, afterMs: plan.playMs)
            if clients[client].barriersLeft > 0 { later(client, .barrier, afterMs: 10...1500) }
            mayMisbehave(client, within: 0...plan.playMs.upperBound)
            mayGoAway(client)
        case .go(let barrier, _, _):
            if barrier == "b\(clients[client].barrier)" {
                clients[client].barrier += 1
                clients[client].barriersLeft -= 1
                if clients[client].barriersLeft > 0 { later(client, .barrier, afterMs: 10...1500) }
            }
        case .episode(let number, _, let instant, _):
            hears(episode: number, client)
            playEpisode(number, client, afterMs: Int(instant.inMs))
        case .reset(let number, _): getReady(number, client)
        case .paused: coverage.count(.paused)
        case .playerSeated: coverage.count(.botSeated)
        case .done, .resumed, .playerLost, .peerDisconnected, .peerReconnected, .warning, .warningOver: break
        case .ended(let session, _, let requeued, let resume, _):
            clients[client].resume = resume
            if clients[client].random.perMille(misbehaves(.lateEnter) ? plan.quirkPerMille : 0) {
                enterLate(client, session)
            }
            // Some who are out of a game that goes on look for another at once.
            let isEager = truth.find(session).map { truth[$0].lostClients[client] != nil } == true && client % 3 != 0
            if requeued || isEager, !isHealing {
                enterStage(client, .lobby)
                clients[client].connection = -1
                later(client, .join, afterMs: 0...50)
            } else {
                goAway(client)
            }
        case .error(let error, _):
            switch error {
            case .badTicket, .sessionEnded:
                // The session is over, or never was: back to where it came from, with the place that it had.
                enterStage(client, .lobby)
                clients[client].connection = -1
                later(client, .join, afterMs: 10...300)
            case .badMessage, .wrongState, .rateLimited, .noSuchPlayer: break
            }
        }
    }

    func ask(_ request: PlayerRequest, _ client: Int) {
        guard !clients[client].isSilent else { return }
        send(.request(request), on: clients[client].connection)
    }

    func validateOne(_ client: Int) {
        guard clients[client].stage == .inside || clients[client].stage == .playing, !clients[client].isSilent else { return }
        guard let peer = clients[client].peersToValidate.popLast() else { return }
        let attempt = attempt(with: peer, client)
        if clients[client].accuses || clients[client].random.perMille(plan.quirkPerMille / 8) {
            ask(.validationFailed(peer: peer, detail: "no route", attempt: attempt), client)
        } else if isMute(client) {
            // It hangs in this attempt, and says nothing of it.
        } else {
            // What makes no sense is not taken, and can be said again.
            if clients[client].random.perMille(plan.quirkPerMille) {
                ask(.validated(peer: peer, rttMs: [-1, .nan, .infinity, 60_001][Int(peer.number) % 4]), client)
            }
            ask(.validated(peer: peer, rttMs: rttMs(to: peer, client), attempt: attempt), client)
        }
        if !clients[client].peersToValidate.isEmpty { later(client, .validate, afterMs: 5...200) }
    }

    /// The way between two players, with what this page adds to it; nil for a page that does not tell.
    private func rttMs(to peer: PlayerIndex, _ client: Int) -> Double? {
        guard let session = clients[client].session, clients[client].random.perMille(900) else { return nil }
        let players = truth[truth.number(of: session)].handOffs.last?.assignment.players ?? []
        guard Int(peer.number) < players.count else { return nil }
        let leastMs = World.rttMs(clients[client].subject, players[Int(peer.number)].subject)
        return Double(leastMs) + Double(clients[client].random.below(Int(World.rttSpreadUs))) / 1000
    }

    func tick(_ client: Int) {
        guard clients[client].stage == .playing, clients[client].connection >= 0, !clients[client].isSilent else { return }
        let number = clients[client].numberNext
        // Now and then it is for one alone.
        let isForOne = clients[client].players > 1 && clients[client].random.perMille(100)
        let other = isForOne ? (Int(clients[client].player) + 1 + clients[client].random.below(clients[client].players - 1)) % clients[client].players : 255
        if clients[client].random.perMille(700) {
            clients[client].numberNext += 1
            send(.relay(kind: 0, address: UInt8(other), page: clients[client].page, number: number), on: clients[client].connection)
        } else {
            send(.relay(kind: 1, address: UInt8(other), page: clients[client].page, number: 0), on: clients[client].connection)
        }
        sendInput(client)
        later(client, .tick, afterMs: plan.tickMs)
    }

    func reachBarrier(_ client: Int) {
        guard clients[client].stage == .playing else { return }
        ask(.ready(barrier: "b\(clients[client].barrier)"), client)
    }

    /// Plays an episode to its end, or lets its time pass.
    private func playEpisode(_ number: UInt16, _ client: Int, afterMs: Int) {
        guard clients[client].random.perMille(900) else { return }
        later(client, .episodeDone(number), afterMs: afterMs...afterMs + 900)
    }

    /// Gets ready for the next episode; a few never do.
    private func getReady(_ number: UInt16, _ client: Int) {
        guard clients[client].random.perMille(960) else { return }
        later(client, .resetDone(number), afterMs: 5...400)
    }

    func finish(_ client: Int) {
        guard clients[client].stage == .playing, !clients[client].isSilent else { return }
        clients[client].hasFinished = true
        ask(.finish(result: clients[client].random.perMille(500) ? Array("{\"score\":1}".utf8) : nil), client)
        if clients[client].random.perMille(30) { ask(.leave, client) }
    }
}
