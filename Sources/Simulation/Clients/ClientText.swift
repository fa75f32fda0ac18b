import Coordination
import Matchmaking
import SessionProtocol

extension ClientMessage {
    /// A line for a trace.
    var text: String {
        switch self {
        case .join(let request): "join \(request.scene)\(request.resume == nil ? "" : " with a resume")"
        case .leave: "leave"
        case .confirm: "confirm"
        case .measured(let ms): "\(ms) ms there and back"
        case .enter(let session, _, let received, _): "enter \(session.short), received \(received)"
        case .request(let request): request.text
        case .relay(let kind, _, let page, let number): "relay \(kind) \(page).\(number)"
        case .input(let tick, let number): "input \(number) for \(tick)"
        case .hangUp: "hangs up"
        }
    }
}

extension PlayerRequest {
    fileprivate var text: String {
        switch self {
        case .signal(let peer, _, _): "signal to \(peer)"
        case .validated(let peer, _, _): "validated \(peer)"
        case .validationFailed(let peer, _, _): "validationFailed \(peer)"
        case .peerLost(let peer, _): "peerLost \(peer)"
        case .clock(let sample, _): "clock \(sample)"
        case .ready(let barrier): "ready \(barrier.prefix(8))"
        case .episodeDone(let number): "episodeDone \(number ?? 0)"
        case .resetDone(let number): "resetDone \(number ?? 0)"
        case .finish: "finish"
        case .leave: "leave"
        case .visibility(let isHidden): isHidden ? "hidden" : "seen"
        case .exclude: "exclude"
        }
    }
}

extension ServerMessage {
    /// A line for a trace; nil for what would drown all else.
    var text: String? {
        switch self {
        case .lobby(.waiting(let news)):
            "waiting in \(news.session.short), \(news.players) of \(news.needed), \(news.waitedMs) ms so far, \(news.timeoutMs) ms left"
        case .lobby(.confirm(let deadlineMs)): "still there? \(deadlineMs) ms to answer"
        case .lobby(.matched(let session, let player, _, let url, _, _)): "matched \(session.short) as \(player) at \(url)"
        case .lobby(.ended(let session, let reason, _)): "ended \(session.short) \(reason)"
        case .lobby(.error(let error, _)): "error \(error.rawValue)"
        case .play(let reply): reply.text
        case .relayed, .bundle: nil
        case .closed: "closed"
        case .refused: "refused"
        }
    }
}

extension PlayerReply {
    fileprivate var text: String {
        switch self {
        case .entered(let session, let player, _, let state, _, _, _): "entered \(session.short) as \(player), \(state)"
        case .validate: "validate"
        case .retry(let peer, let attempt, _, _, _): "retry \(peer), attempt \(attempt)"
        case .transport(let transport): "on by \(transport)"
        case .signal(let from, _, _): "signal from \(from)"
        case .play(let transport, _, _, _): "play by \(transport)"
        case .clock(let sample, _): "clock \(sample)"
        case .start(let start): "start in \(start.inMs)"
        case .go(let barrier, _, let missing): "go \(barrier)\(missing.isEmpty ? "" : " without \(missing.map(\.number))")"
        case .episode(let number, let count, _, _): "episode \(number) of \(count)"
        case .reset(let number, _): "reset for \(number)"
        case .done: "done"
        case .paused(let player): "paused for \(player)"
        case .resumed: "resumed"
        case .playerLost(let player, let reason, _): "playerLost \(player) \(reason)"
        case .playerSeated(let player): "playerSeated \(player)"
        case .peerDisconnected(let player, _): "peerDisconnected \(player)"
        case .peerReconnected(let player): "peerReconnected \(player)"
        case .warning(let aspect, let inMs): "warned of \(aspect), \(inMs) ms left"
        case .warningOver(let aspect): "\(aspect) is over"
        case .ended(let session, let reason, let requeued, _, _): "ended \(session.short) \(reason)\(requeued ? ", requeued" : "")"
        case .error(let error, _): "error \(error.rawValue)"
        }
    }
}
