import Matchmaking
import Reactor
import Service
import SessionProtocol
import WebProtocol

// What administrators may do with sessions from here.
extension MatchmakerServer {
    func administer(_ request: HTTPRequest, client: SocketAddress) -> HTTPResponse? {
        guard let path = AdministrationPath(request.path) else { return nil }
        switch path {
        case .session, .cancel: break
        // Players belong to the coordinator.
        case .exclude, .seat: return nil
        }
        return settings.administration?.respond(to: request, from: client, administrationMetrics, logger) {
            (asked) throws(AdministrationError) in try perform(asked)
        }
    }

    private func perform(_ request: AdministrationRequest) throws(AdministrationError) -> AdministrationAnswer {
        switch request {
        case .show(let name): return answer(try account(name).account)
        case .cancel(let name, _):
            let (session, before) = try account(name)
            guard case .live = before else { return answer(before) }
            handle(.cancel(session))
            let after = core.account(of: session) ?? before
            // Its owner is asked, and nothing of that is on disk.
            if case .live = after { return answer(after, isAsked: true) }
            return answer(after)
        case .exclude, .seat: throw .notFound("players are administered at their coordinator")
        }
    }

    private func account(_ name: String) throws(AdministrationError) -> (session: SessionID, account: SessionAccount) {
        guard let session = SessionID(name) else { throw .notFound("this is no name of a session") }
        if let account = core.account(of: session) { return (session, account) }
        guard !core.isHolding else { throw .conflict("what coordinators hold is not known yet; ask again") }
        throw .notFound("no session of this name lives here, and none has ended a short time ago")
    }

    private func answer(_ account: SessionAccount, isAsked: Bool = false) -> AdministrationAnswer {
        AdministrationAnswer(isAsked: isAsked) { json in
            switch account {
            case .live(let live):
                json.member("session", live.session.description)
                json.member("scene", live.scene.name)
                json.member("state", live.state.description)
                json.member("members", live.members)
                json.member("coordinator", ifPresent: live.coordinator?.name)
                json.member("cancelling", live.isCancelling)
            case .ended(let outcome): json.write(outcome)
            }
        }
    }
}
