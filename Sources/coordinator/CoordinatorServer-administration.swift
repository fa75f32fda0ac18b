import Coordination
import Reactor
import Service
import SessionProtocol
import WebProtocol

// What administrators may do with the sessions that live here.
extension CoordinatorServer {
    func administer(_ request: HTTPRequest, client: SocketAddress) -> HTTPResponse? {
        settings.administration?.respond(to: request, from: client, administrationMetrics, logger) {
            (asked) throws(AdministrationError) in try perform(asked)
        }
    }

    private func perform(_ request: AdministrationRequest) throws(AdministrationError) -> AdministrationAnswer {
        switch request {
        case .show(let name): return answer(try account(name).account)
        case .cancel(let name, _):
            let (session, before) = try account(name)
            if case .live = before { handle(.cancel(session)) }
            // Whoever asks twice, or too late, is told how it ended.
            return answer(core.account(of: session) ?? before)
        case .exclude(let name, let number, let reason):
            let (session, before) = try account(name)
            let player = try member(number, of: before)
            switch before {
            case .ended(let outcome):
                let isDone = outcome.reason == .playerExcluded && outcome.players[Int(player.number)].isBlamed
                guard isDone else { throw .conflict("the session has ended: \(outcome.reason)") }
            case .live(let live):
                let member = live.players[Int(player.number)]
                guard !member.hasFinished else { throw .conflict("the player has finished") }
                guard member.isThere else {
                    // Whoever asks twice is told the same.
                    if member.loss == .playerExcluded { break }
                    throw .conflict("the player is out of the game\(member.loss.map { ": \($0)" } ?? "")")
                }
                handle(.exclude(session, player, reason: reason))
            }
            return answer(core.account(of: session) ?? before)
        case .seat(let name, let number):
            let (session, before) = try account(name)
            let player = try member(number, of: before)
            let ticket = Ticket(high: Randomness.word(), low: Randomness.word())
            let offer = core.offerSeat(session, player, ticket)
            log(.seatOffer(session, player, offer))
            switch offer {
            case .offered:
                guard case .live(let live) = before else { throw .conflict("the session has ended") }
                // In the words of `matched`, from which a client goes the same way.
                return AdministrationAnswer { json in
                    json.member("session", session.description)
                    json.member("player", player.number)
                    json.member("players", live.players.count)
                    json.member("url", publicURL)
                    json.member("ticket", ticket.text)
                    json.member("role", ifPresent: live.players[Int(player.number)].role)
                    json.member("treatment", ifPresent: live.treatment)
                }
            case .noSuchSession, .noSuchPlayer: throw .conflict("the session has ended")
            case .notLost: throw .conflict("no player of this seat is lost, or the scene has no seats for bots")
            case .taken: throw .conflict("a bot sits there")
            }
        }
    }

    private func account(_ name: String) throws(AdministrationError) -> (session: SessionID, account: SessionAccount) {
        guard let session = SessionID(name), let account = core.account(of: session) else {
            throw .notFound("no session of this name lives here, and none has ended a short time ago")
        }
        return (session, account)
    }

    private func member(_ number: Int, of account: SessionAccount) throws(AdministrationError) -> PlayerIndex {
        let count =
            switch account {
            case .live(let live): live.players.count
            case .ended(let outcome): outcome.players.count
            }
        guard number < count, let player = PlayerIndex(exactly: number) else {
            throw .notFound("the session has no player \(number)")
        }
        return player
    }

    private func answer(_ account: SessionAccount) -> AdministrationAnswer {
        AdministrationAnswer { json in
            switch account {
            case .live(let live): live.write(to: &json)
            case .ended(let outcome): json.write(outcome)
            }
        }
    }
}

extension SessionAccount.Live {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("session", session.description)
        json.member("scene", scene.name)
        json.member("attempt", attempt.number)
        json.member("state", state.description)
        json.member("treatment", ifPresent: treatment)
        json.key("players")
        json.array { json in for player in players { json.object { player.write(to: &$0) } } }
    }
}

extension SessionAccount.Member {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("player", player.number)
        json.member("subject", subject.name)
        json.member("presence", presence.rawValue)
        json.member("finished", hasFinished)
        json.member("lost", ifPresent: loss?.description)
        json.member("role", ifPresent: role)
        guard let watch else { return }
        if let roundTripMs = watch.roundTripMs { json.member("roundTripMs", roundTripMs) }
        json.member("hidden", watch.isHidden)
        json.key("warnings")
        json.array { json in for aspect in watch.warnings { json.value(aspect.rawValue) } }
    }
}

extension SessionAccount.Member {
    /// It is in the game, or a bot is in its seat.
    fileprivate var isThere: Bool { loss == nil || presence == .connected }
}
