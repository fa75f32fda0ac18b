import Coordination
import Reactor
import Service
import SessionProtocol
import WebProtocol

// What players and operators see.
extension CoordinatorServer: WebApplication {
    func servesWebSocket(at path: String) -> Bool { path == "/v1/play" }

    func respond(to request: HTTPRequest) -> HTTPResponse? {
        StatusPages.respond(
            to: request, state: { state }, notReadyBecause: { notReadyReason }, metrics: metrics.registry)
    }

    func webSocketOpened(_ id: ConnectionID, client: SocketAddress) {}

    func webNoticed(_ notice: WebNotice) { metrics.record(notice, logger) }

    func received(text: Span<UInt8>, from id: ConnectionID) {
        do throws(ClientMessageError) {
            let request = try CoordinatorRequest.decode(text, limits: ClientMessageLimits())
            try take(request, ConnectionHandle(id))
        } catch {
            tell(error, on: id)
        }
    }

    private func take(_ request: CoordinatorRequest, _ connection: ConnectionHandle) throws(ClientMessageError) {
        switch request {
        case .enter(let session, let ticket, let received, let tick):
            guard let session = SessionID(session) else {
                throw ClientMessageError(.sessionEnded, "there is no session of this name")
            }
            guard let ticket = Ticket(ticket) else { throw ClientMessageError(.badTicket, "this is no ticket") }
            web.settle(connection.id)
            web.limitBacklog(connection.id, bytesMax: settings.coordination.backlogBytesMax, dropsLatest: false)
            handle(.enter(connection, session, ticket, received: UInt64(received), tick: UInt32(clamping: tick)))
        case .signal(let to, let data, let attempt):
            handle(.request(connection, .signal(to: try player(to), data: data, attempt: attempt)))
        case .validated(let peer, let rttMs, let attempt):
            handle(.request(connection, .validated(peer: try player(peer), rttMs: rttMs, attempt: attempt)))
        case .validationFailed(let peer, let detail, let attempt):
            handle(
                .request(connection, .validationFailed(peer: try player(peer), detail: detail ?? "", attempt: attempt)))
        case .peerLost(let peer, let attempt):
            handle(.request(connection, .peerLost(peer: try player(peer), attempt: attempt)))
        case .episodeDone(let episode):
            handle(.request(connection, .episodeDone(episode.map { UInt16(clamping: $0) })))
        case .resetDone(let episode): handle(.request(connection, .resetDone(episode.map { UInt16(clamping: $0) })))
        case .clock(let sample, let clientMs):
            handle(.request(connection, .clock(sample: UInt32(clamping: sample), clientMs: clientMs)))
        case .ready(let barrier): handle(.request(connection, .ready(barrier: barrier)))
        case .finish(let result): handle(.request(connection, .finish(result: result)))
        case .leave: handle(.request(connection, .leave))
        case .visibility(let isHidden): handle(.request(connection, .visibility(isHidden: isHidden)))
        case .exclude(let reason): handle(.request(connection, .exclude(reason: reason)))
        }
    }

    private func player(_ number: Int) throws(ClientMessageError) -> PlayerIndex {
        guard let player = PlayerIndex(exactly: number) else {
            throw ClientMessageError(.noSuchPlayer, "there is no player \(number)")
        }
        return player
    }

    func received(binary: Span<UInt8>, from id: ConnectionID) {
        let connection = ConnectionHandle(id)
        guard binary.count >= PlayFrameHeader.byteCount else {
            return tell(ClientMessageError(.badMessage, "a binary message begins with two bytes of header"), on: id)
        }
        let payload = binary.extracting(PlayFrameHeader.byteCount..<binary.count)
        if binary[0] == PlayFrameKind.tick.rawValue {
            return taken(core.input(from: connection, address: binary[1], payload: payload, now: relayNow), from: id)
        }
        let result = core.relay(
            from: connection, kind: binary[0], address: binary[1], payload: payload, now: relayNow, targets: &targets)
        switch result {
        case .forwarded(let player):
            for index in 0..<targets.count {
                web.sendBinary(targets[index].id, kind: binary[0], player: player.number, payload)
            }
            relayed.messages &+= targets.count
            relayed.bytes &+= targets.count * payload.count
        case .refused(let error):
            if error == .rateLimited { relayed.refused &+= 1 }
            tell(ClientMessageError(error.code, "this binary message cannot be sent on"), on: id, inPlay: true)
        case .dropped: relayed.refused &+= 1
        }
    }

    private func taken(_ result: InputResult, from id: ConnectionID) {
        switch result {
        case .taken: ticked.inputs &+= 1
        case .dropped: ticked.dropped &+= 1
        case .refused(let error):
            ticked.dropped &+= 1
            tell(ClientMessageError(error.code, "this input cannot be taken"), on: id, inPlay: true)
        }
    }

    /// Binary messages do not care what day it is.
    private var relayNow: Moment { Moment(bootMs: loop.now, unixMs: 0) }

    /// Sends the bundles of all ticks that are due.
    func sendBundles(_ now: Moment, _ actions: inout [CoordinatorAction]) {
        while core.nextBundle(now: now, into: &bundle, targets: &targets, actions: &actions) {
            // A span cannot be borrowed from a property of a class; a second reference to the same buffer can lend one.
            let bytes = bundle
            for index in 0..<targets.count {
                web.sendBinary(
                    targets[index].id, kind: PlayFrameKind.tick.rawValue, player: PlayFrameHeader.everyone, bytes.span)
            }
            ticked.bundles &+= 1
            ticked.frames &+= targets.count
        }
    }

    /// An error in a first message, or one that leaves nothing to go on with, ends the connection.
    private func tell(_ error: ClientMessageError, on id: ConnectionID, inPlay: Bool = false) {
        metrics.registry.add(metrics.errors)
        web.sendText(id) { CoordinatorReply.error(code: error.code, message: error.message).encode(into: &$0) }
        if error.code.isFatal && !inPlay || !core.hasEntered(ConnectionHandle(id)) {
            web.close(id, error.code.closeCode, reason: error.code.rawValue)
        }
    }

    func webSocketFailed(_ id: ConnectionID, _ failure: WebSocketFailure) {
        metrics.registry.add(metrics.errors)
        guard let (code, message) = failure.clientError(settings.web, first: "enter") else { return }
        web.sendText(id) { CoordinatorReply.error(code: code, message: message).encode(into: &$0) }
    }

    func webSocketClosed(_ id: ConnectionID) { handle(.disconnected(ConnectionHandle(id))) }

    func hangUp(_ connection: ConnectionHandle, _ close: PlayerClose) {
        switch close {
        case .normal: web.close(connection.id, .normal)
        case .replaced: web.close(connection.id, .replaced, reason: "replaced")
        case .fatal(let error): web.close(connection.id, error.code.closeCode, reason: error.rawValue)
        }
    }

    func say(_ reply: PlayerReply, on connection: ConnectionHandle) {
        if case .error = reply { metrics.registry.add(metrics.errors) }
        let message = reply.message { servers in iceServers(servers, for: connection) }
        web.sendText(connection.id) { message.encode(into: &$0) }
    }

    /// Each player has credentials of its own for TURN servers, and new ones each time.
    private func iceServers(_ servers: String, for connection: ConnectionHandle) -> [UInt8] {
        guard let turn = settings.turn, let place = core.place(of: connection) else { return Array(servers.utf8) }
        return turn.fill(servers, for: "\(place.session)-\(place.player)", nowUnixMs: now.unixMs)
    }

    private var notReadyReason: String? {
        if isStopping { return "stopping" }
        if let problem = journal.problem { return "the outbox cannot be written: \(problem)" }
        if !core.isLinkUp { return "no link to the matchmaker" }
        return nil
    }

    var state: ServerState {
        var state = ServerState(role: .coordinator, identity: settings.state.identity)
        let states: [SessionState] = [.waiting, .matched, .validating, .playing]
        state.sessions = states.map { ($0, core.count(in: $0)) }
        state.phases = core.phases(now: now).map { ($0.phase.rawValue, $0.count) }
        state.tables = core.tables.map { ("\($0.name)", $0.count) } + [("webSockets", web.webSocketCount)]
        state.expiring = core.expiring.map { ("\($0.name)", $0.count) }
        let (address, isUp) = (settings.link, core.isLinkUp)
        state.links = { json in
            json.object { json in
                json.member("address", address)
                json.member("up", isUp)
            }
        }
        let scenes = core.scenes
        state.scenes = { json in
            for scene in scenes {
                json.object { json in
                    json.member("id", scene.scene.name)
                    json.member("sessions", scene.sessions)
                    json.member("players", scene.players)
                }
            }
        }
        return state
    }
}

extension PlayerError {
    var code: ErrorCode {
        switch self {
        case .badMessage: .badMessage
        case .wrongState: .wrongState
        case .rateLimited: .rateLimited
        case .badTicket: .badTicket
        case .sessionEnded: .sessionEnded
        case .noSuchPlayer: .noSuchPlayer
        }
    }
}

extension StartInstant {
    var message: CoordinatorReply.Instant { .init(startsInMs: inMs, startedAgoMs: agoMs, startAtMs: clientMs, pausedMs: pausedMs) }
}

extension PlayerReply {
    /// The reply in the words of the client protocol.
    fileprivate func message(_ iceServers: (String) -> [UInt8]) -> CoordinatorReply {
        switch self {
        case .entered(let session, let player, let players, let state, let missed, let missedTicks, let condition):
            .entered(
                session: session.description, player: Int(player.number),
                players: players.map { .init(player: Int($0.player.number), connected: $0.isConnected, lost: $0.isLost) },
                state: state.description, missed: missed, missedTicks: missedTicks, role: condition.role, treatment: condition.treatment)
        case .validate(let task):
            .validate(
                .init(
                    peers: task.peers.map { Int($0.number) }, offerTo: task.offerTo.map { Int($0.number) },
                    validated: task.validated.map { Int($0.number) }, iceServers: iceServers(task.iceServers),
                    attempt: task.attempt, attemptMs: Int(clamping: task.attemptMs),
                    deadlineMs: Int(clamping: task.deadlineMs)))
        case .retry(let peer, let attempt, let offers, let servers, let deadlineMs):
            .retry(
                peer: Int(peer.number), attempt: attempt, offer: offers, iceServers: iceServers(servers),
                deadlineMs: Int(clamping: deadlineMs))
        case .signal(let from, let data, let attempt): .signal(from: Int(from.number), data: data, attempt: attempt)
        case .transport(let transport): .transport(transport == .peer ? .peer : .relay)
        case .play(let transport, let seed, let start, let ticks):
            .play(
                transport: transport == .peer ? .peer : .relay, seed: UInt32(truncatingIfNeeded: seed), start: start.message,
                ticks: ticks.map {
                    .init(intervalMs: Int($0.intervalMs), inputBytesMax: Int($0.inputBytesMax), next: $0.next)
                })
        case .clock(let sample, let serverMs): .clock(sample: sample, serverMs: serverMs)
        case .start(let start): .start(start.message)
        case .go(let barrier, let instant, let missing):
            .go(barrier: barrier, instant.map(\.message), missing: missing.map { Int($0.number) })
        case .episode(let number, let count, let instant, let deadlineMs):
            .episode(episode: Int(number), of: Int(count), instant.message, deadlineMs: Int(clamping: deadlineMs))
        case .reset(let number, let deadlineMs): .reset(episode: Int(number), deadlineMs: Int(clamping: deadlineMs))
        case .done: .done
        case .peerDisconnected(let player, let graceMs):
            .peerDisconnected(player: Int(player.number), graceMs: Int(clamping: graceMs))
        case .peerReconnected(let player): .peerReconnected(player: Int(player.number))
        case .paused(let player): .paused(player: Int(player.number))
        case .resumed(let instant): .resumed(instant.message)
        case .playerLost(let player, let reason, let isForBot):
            .playerLost(player: Int(player.number), reason: reason.description, seat: isForBot ? .bot : .empty)
        case .playerSeated(let player): .playerSeated(player: Int(player.number))
        case .warning(let aspect, let inMs): .warning(about: aspect.rawValue, inMs: Int(clamping: inMs))
        case .warningOver(let aspect): .warningOver(about: aspect.rawValue)
        case .ended(let session, let reason, let requeued, let resume, let code):
            .ended(
                session: session.description, reason: reason.description, requeued: requeued,
                resume: resume.isEmpty ? nil : resume,
                completionCode: code)
        case .error(let error, let message): .error(code: error.code, message: message)
        }
    }
}
