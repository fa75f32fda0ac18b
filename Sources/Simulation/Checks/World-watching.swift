import Coordination
import SessionProtocol

/// Nobody is excluded without evidence: what a coordinator has heard from a player, and when, by the checkers' own account.
struct WatchEvidence {
    var heardMs: UInt64
    var hiddenSinceMs: UInt64?
    /// The question that waits for an answer.
    var askedMs: UInt64?
    /// Of the last two answers.
    var roundTripsMs: [UInt64] = []
    /// Of all answers the shortest; nil while there is none.
    var bestRoundTripMs: UInt64?
    var warnedMs: [WatchedAspect: UInt64] = [:]

    init(nowMs: UInt64) { heardMs = nowMs }
}

extension World {
    /// A coordinator reads what a client says.
    func watchHears(_ message: ClientMessage, on connection: Int, _ host: CoordinatorHost) {
        let nowMs = host.bootMs(nowUs)
        if case .enter = message { truth.update(connection) { $0.evidence = $0.evidence ?? WatchEvidence(nowMs: nowMs) } }
        truth.update(connection) { connection in
            guard var evidence = connection.evidence else { return }
            evidence.heardMs = nowMs
            switch message {
            case .request(.visibility(isHidden: true)): evidence.hiddenSinceMs = evidence.hiddenSinceMs ?? nowMs
            case .request(.visibility(isHidden: false)): evidence.hiddenSinceMs = nil
            case .request(.clock(_, let clientMs)):
                if clientMs >= 0, let askedMs = evidence.askedMs {
                    evidence.askedMs = nil
                    evidence.roundTripsMs = evidence.roundTripsMs.suffix(1) + [nowMs - askedMs]
                    evidence.bestRoundTripMs = min(evidence.bestRoundTripMs ?? .max, nowMs - askedMs)
                }
            case .request, .join, .leave, .confirm, .measured, .enter, .relay, .input, .hangUp: break
            }
            connection.evidence = evidence
        }
    }

    /// A coordinator asks a client for its clock.
    func watchAsks(_ connection: Int, _ host: CoordinatorHost) {
        let nowMs = host.bootMs(nowUs)
        truth.update(connection) { $0.evidence?.askedMs = nowMs }
    }

    func watchWarns(_ session: SessionID, _ player: PlayerIndex, _ aspect: WatchedAspect, _ host: CoordinatorHost) {
        guard let connection = seated(session, player, host) else { return }
        let nowMs = host.bootMs(nowUs)
        truth.update(connection) { $0.evidence?.warnedMs[aspect] = nowMs }
    }

    func judge(excluded player: PlayerIndex, from session: SessionID, _ reason: String, by excluder: Excluder, _ host: CoordinatorHost) {
        truth.coordinators[host.number - 1].copy(truth.number(of: session))?.isExcluded[Int(player.number)] = true
        switch excluder {
        case .itself:
            guard case .some((_, .exclude)) = truth.asking else { return failExclusion(player, session, "did not ask for it", host) }
        case .administrator:
            let isAsked = truth.administered.map { $0 == (session, player) } ?? false
            if !isAsked { failExclusion(player, session, "no administrator asked for it", host) }
        case .server: judgeByEvidence(player, session, reason, host)
        }
    }

    private func judgeByEvidence(_ player: PlayerIndex, _ session: SessionID, _ reason: String, _ host: CoordinatorHost) {
        let number = truth.number(of: session)
        // That it has ended because of this may have been seen before.
        guard let handOff = truth[number].handOffs.last(where: { $0.node == host.number }),
            let rule = handOff.assignment.extensions.playRules.watch
        else { return failExclusion(player, session, "its scene watches nobody", host) }
        guard let connection = seated(session, player, host), let evidence = truth.connection(connection).evidence else {
            return failExclusion(player, session, "it is not there", host)
        }
        let nowMs = host.bootMs(nowUs)
        let aspect: WatchedAspect
        let isEvident: Bool
        switch reason.prefix(while: { $0 != " " }) {
        case "silent": (aspect, isEvident) = (.silent, nowMs - evidence.heardMs >= rule.silentForMs)
        case "page": (aspect, isEvident) = (.hidden, evidence.hiddenSinceMs.map { nowMs - $0 >= rule.hiddenForMs } ?? false)
        default:
            let waitingMs = evidence.askedMs.map { nowMs - $0 } ?? 0
            (aspect, isEvident) = (.roundTrip, max(evidence.roundTripsMs.min() ?? 0, waitingMs) > rule.roundTripMaxMs)
        }
        guard isEvident else { return failExclusion(player, session, "\(reason) is not so", host) }
        guard rule.warningMs > 0 else { return }
        // The scenes of these worlds name longer times than that of the warning.
        guard let warnedMs = evidence.warnedMs[aspect], nowMs - warnedMs >= rule.warningMs else {
            return failExclusion(player, session, "it was not warned in time", host)
        }
    }

    private func failExclusion(_ player: PlayerIndex, _ session: SessionID, _ why: String, _ host: CoordinatorHost) {
        fail(.excludedWithoutEvidence, "n\(host.number) excludes \(player) from \(session.short): \(why)")
    }

    private func seated(_ session: SessionID, _ player: PlayerIndex, _ host: CoordinatorHost) -> Int? {
        let connection = truth.coordinators[host.number - 1].copy(truth.number(of: session))?.connections[Int(player.number)] ?? -1
        return connection >= 0 ? connection : nil
    }
}
