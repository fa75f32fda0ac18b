import Matchmaking
import Reactor
import Service
import SessionProtocol
import WebProtocol

// What players and operators see.
extension MatchmakerServer: WebApplication {
    func servesWebSocket(at path: String) -> Bool { path == "/v1/join" }

    func respond(to request: HTTPRequest) -> HTTPResponse? {
        if let page = StatusPages.respond(
            to: request, state: { state }, notReadyBecause: { notReadyReason }, metrics: metrics.registry)
        {
            return page
        }
        guard let asset = assets[request.path] else { return nil }
        guard request.method == .get || request.method == .head else {
            return HTTPResponse(.methodNotAllowed, headers: [HTTPField("Allow", "GET, HEAD")])
        }
        return asset
    }

    /// Where a scene has a list of its own, the scene that is joined decides.
    func admits(_ origin: RequestOrigin) -> Bool { admissions.origins.values.contains { $0.admits(origin) } }

    func webSocketOpened(_ id: ConnectionID, client: SocketAddress) {}

    func measured(roundTripMs: UInt32, of id: ConnectionID) {
        admissionMetrics.observe(roundTripMs: roundTripMs)
        handle(.roundTrip(ConnectionHandle(id), roundTripMs))
    }

    func webNoticed(_ notice: WebNotice) { metrics.record(notice, logger) }

    func received(text: Span<UInt8>, from id: ConnectionID) {
        do throws(ClientMessageError) {
            try take(try decode(text), ConnectionHandle(id))
        } catch {
            tell(error, on: id)
        }
    }

    private func decode(_ text: Span<UInt8>) throws(ClientMessageError) -> WebProtocol.MatchmakerRequest {
        let limits = ClientMessageLimits()
        do {
            return try WebProtocol.MatchmakerRequest.decode(text, limits: limits)
        } catch {
            if WebProtocol.MatchmakerRequest.isJoin(text, limits: limits) { misread(error) }
            throw error
        }
    }

    /// A join that says something which cannot be read: it has its fate, and nobody knows whose it is.
    private func misread(_ error: ClientMessageError) {
        waits.recordMisread(in: metrics.registry)
        logger.logMisreadJoin(error: error.code.rawValue)
    }

    private func take(_ request: WebProtocol.MatchmakerRequest, _ connection: ConnectionHandle) throws(ClientMessageError) {
        switch request {
        case .join(let scene, let subject, let token, let attributes, let resume, let party):
            let named: SubjectID
            do throws(ClientMessageError) { named = try Self.subject(subject) } catch {
                misread(error)
                throw error
            }
            waits.countJoin(in: metrics.registry)
            var join = JoinRequest(
                scene: scene, subject: named, resume: resume,
                party: party.map { JoinRequest.Party(code: $0.code, size: $0.size) })
            do throws(ClientMessageError) {
                try admit(&join, on: connection, token: token, attributes: attributes)
            } catch {
                refused(join, on: connection, error.code)
                throw error
            }
            web.settle(connection.id, measuresAtOnce: needsRoundTrips(join.scene))
            handle(.join(connection, join))
        case .leave: handle(.leave(connection))
        case .confirm: handle(.confirm(connection))
        }
    }

    /// A join that was understood, and that never came to the core.
    private func refused(_ join: JoinRequest, on connection: ConnectionHandle, _ code: ErrorCode) {
        let scene = scenes.first { $0.id.name == join.scene }?.id
        let fate = JoinFate(refused: join, on: connection, scene: scene)
        waits.record(fate, in: metrics.registry)
        logger.log(fate, error: code.rawValue)
    }

    private static func subject(_ text: String) throws(ClientMessageError) -> SubjectID {
        do { return try SubjectID(text) } catch {
            throw ClientMessageError(.badMessage, "subject: \(error)")
        }
    }

    /// An error in a first message, or one that leaves nothing to go on with, ends the connection.
    private func tell(_ error: ClientMessageError, on id: ConnectionID) {
        metrics.registry.add(metrics.errors)
        web.sendText(id) { WebProtocol.MatchmakerReply.error(code: error.code, message: error.message).encode(into: &$0) }
        if error.code.isFatal || !core.hasJoined(ConnectionHandle(id)) {
            web.close(id, error.code.closeCode, reason: error.code.rawValue)
        }
    }

    func received(binary: Span<UInt8>, from id: ConnectionID) {
        tell(ClientMessageError(.badMessage, "the matchmaker takes no binary messages"), on: id)
    }

    func webSocketFailed(_ id: ConnectionID, _ failure: WebSocketFailure) {
        metrics.registry.add(metrics.errors)
        guard let (code, message) = failure.clientError(settings.web, first: "join") else { return }
        web.sendText(id) { WebProtocol.MatchmakerReply.error(code: code, message: message).encode(into: &$0) }
    }

    func webSocketClosed(_ id: ConnectionID) { handle(.disconnected(ConnectionHandle(id))) }

    func say(_ reply: Matchmaking.MatchmakerReply, on connection: ConnectionHandle) {
        if case .error = reply { metrics.registry.add(metrics.errors) }
        web.sendText(connection.id) { reply.message.encode(into: &$0) }
    }

    private var notReadyReason: String? {
        if isStopping { return "stopping" }
        if isDraining { return "draining" }
        if let problem = journal.problem { return "the journal cannot be written: \(problem)" }
        if !core.hasCoordinator { return "no coordinator takes sessions" }
        return nil
    }

    var state: ServerState {
        var state = ServerState(role: .matchmaker, identity: settings.state.identity)
        let states: [SessionState] = [.waiting, .matched, .validating, .playing]
        state.sessions = states.map { ($0, core.count(in: $0)) }
        state.tables = core.tables + [("webSockets", web.webSocketCount), ("addresses", web.addressCount)]
        state.expiring = core.expiring + rates.tables
        let links = core.linkStatus
        state.links = { json in for link in links { link.write(to: &json) } }
        let scenes = core.sceneStatus
        let now = now
        state.scenes = { json in for scene in scenes { scene.write(to: &json, now) } }
        return state
    }
}

extension MatchmakerError {
    var code: ErrorCode {
        switch self {
        case .unknownScene: .unknownScene
        case .sceneClosed: .sceneClosed
        case .roomFull: .roomFull
        case .draining: .draining
        case .subjectInUse: .subjectInUse
        case .partyFull: .partyFull
        case .partyMismatch: .partyMismatch
        case .wrongState: .wrongState
        case .badMessage: .badMessage
        case .timeout: .timeout
        }
    }
}

extension Matchmaking.MatchmakerReply {
    /// The reply in the words of the client protocol.
    fileprivate var message: WebProtocol.MatchmakerReply {
        switch self {
        case .waiting(let news):
            .waiting(
                session: news.session.description, players: news.players, needed: news.needed,
                waitedMs: Int(clamping: news.waitedMs), timeoutMs: Int(clamping: news.timeoutMs), resume: news.resume,
                estimateMs: news.estimateMs.map { Int(clamping: $0) },
                party: news.party.map { PartyCount(members: $0.members, size: $0.size) })
        case .matched(let session, let player, let players, let url, let ticket, let condition):
            .matched(
                session: session.description, player: Int(player.number), players: players, url: url,
                ticket: ticket.text, role: condition.role, treatment: condition.treatment)
        case .confirm(let deadlineMs): .confirm(deadlineMs: Int(clamping: deadlineMs))
        case .ended(let session, let reason, let code):
            .ended(session: session.description, reason: reason.description, completionCode: code)
        case .error(let error, let message): .error(code: error.code, message: message)
        }
    }
}

extension MatchmakerCore.LinkStatus {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("nodeId", node.name)
            json.member("incarnation", incarnation.description)
            json.member("up", isUp)
            json.member("draining", isDraining)
            json.member("url", url)
            json.member("sessions", sessions)
            json.member("capacity", capacity)
            json.member("players", players)
        }
    }
}

extension MatchmakerCore.SceneStatus {
    fileprivate func write(to json: inout JSONWriter, _ now: Moment) {
        json.object { json in
            json.member("id", id.name)
            json.member("groupSize", groupSize)
            json.member("waiting", waiting)
            if let estimateMs = estimateMs(now) { json.member("estimateMs", Int(clamping: estimateMs)) }
            json.member("open", isOpen)
            json.key("rules")
            json.array { json in for rule in rules { json.value(rule) } }
            if partySizeMax > 1 { json.member("partySizeMax", partySizeMax) }
            if let roles {
                json.key("roles")
                json.object { json in
                    json.member("attribute", roles.attribute)
                    json.key("names")
                    json.array { json in for seat in roles.seats { json.value(seat.role) } }
                }
            }
            json.member("confirm", asksToConfirm)
            json.member("treatments", treatments)
            if !treated.isEmpty {
                json.key("treated")
                json.object { json in for (treatment, sessions) in treated { json.member(treatment, sessions) } }
            }
            json.key("recentMatches")
            json.array { json in
                for match in recentMatches {
                    json.object { json in
                        json.member("session", match.session.description)
                        json.member("atUnixMs", Int(clamping: match.atUnixMs))
                        json.member("why", match.reason.description)
                    }
                }
            }
        }
    }
}
