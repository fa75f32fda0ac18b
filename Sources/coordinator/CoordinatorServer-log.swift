import Coordination
import Service
import SessionProtocol

// What the core wants known.
extension CoordinatorServer {
    func log(_ notice: CoordinatorNotice) {
        switch notice {
        case .unexpectedMessage(let kind): logger.error("link_unexpected", ["kind": .string("\(kind)")])
        case .discarded(let kind): logger.info("link_discarded", ["kind": .string("\(kind)")])
        case .linkRejected(let reject):
            logger.warning(
                "link_rejected", ["code": .string("\(reject.code)"), "detail": .string(reject.detail)])
        case .unknownSession(let kind, let session):
            logger.info("unknown_session", ["kind": .string("\(kind)"), "session": .string("\(session)")])
        case .staleAttempt(let kind, let session, let attempt):
            logger.info(
                "stale_message",
                [
                    "kind": .string("\(kind)"), "session": .string("\(session)"),
                    "attempt": .int(Int(attempt.number)),
                ])
        case .refused(let session, let attempt, let reason):
            logger.warning(
                "session_refused",
                [
                    "session": .string("\(session)"), "attempt": .int(Int(attempt.number)),
                    "reason": .string("\(reason)"),
                ])
        case .forgotten(let session, let attempt):
            logger.info(
                "session_forgotten",
                ["session": .string("\(session)"), "attempt": .int(Int(attempt.number))])
        case .leaseExpired(let sessions):
            logger.warning(
                "lease_expired", ["sessions": .int(sessions)], message: "the matchmaker was not heard for the grace")
        case .entryRefused(let session, let error):
            logger.warning("entry_refused", ["session": .string("\(session)"), "code": .string(error.rawValue)])
        case .replayIncomplete(let session, let player, let missed):
            logger.warning(
                "replay_incomplete",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)),
                    "missed": .int(Int(clamping: missed)),
                ])
        case .ticksMissed(let session, let player, let missed):
            logger.warning(
                "ticks_missed",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)), "missed": .int(Int(missed)),
                ])
        case .ticksSkipped(let session, let ms):
            logger.warning(
                "ticks_skipped", ["session": .string("\(session)"), "ms": .int(Int(clamping: ms))],
                message: "this process stood still for longer than can be made up for")
        case .validated(let session, let player, let peer, let rttMs):
            logger.info(
                "validated",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)),
                    "peer": .int(Int(peer.number)), "rtt_ms": rttMs.map { .double($0) } ?? .absent,
                ])
        case .measured(_, let roundTrip):
            // The log has both ends' reports already.
            metrics.registry.observe(pairRoundTrips, Double(roundTrip.roundTripUs) / 1_000_000)
        case .validationFailed(let session, let player, let peer, let detail):
            logger.info(
                "validation_failed",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)),
                    "peer": .int(Int(peer.number)), "detail": .string(detail),
                ])
        case .retried(let session, let pair, let attempt):
            pairMetrics.add(.retry, to: metrics.registry)
            logger.info(
                "pair_retried",
                [
                    "session": .string("\(session)"), "pair": .string("\(pair.lower)-\(pair.higher)"),
                    "attempt": .int(Int(attempt)),
                ])
        case .stale(_, _, let word): pairMetrics.add(word, to: metrics.registry)
        case .pairLost(let session, let pair, let player):
            pairMetrics.add(.loss, to: metrics.registry)
            logger.info(
                "pair_lost",
                [
                    "session": .string("\(session)"), "pair": .string("\(pair.lower)-\(pair.higher)"),
                    "by": .int(Int(player.number)),
                ])
        case .repaired(let session, let pair, let attempt):
            pairMetrics.add(.repair, to: metrics.registry)
            logger.info(
                "pair_repaired",
                [
                    "session": .string("\(session)"), "pair": .string("\(pair.lower)-\(pair.higher)"),
                    "attempt": .int(Int(attempt)),
                ])
        case .fellBack(let session, .overPair(let pair)):
            pairMetrics.add(.fallback, to: metrics.registry)
            logger.warning(
                "fell_back_to_relay",
                ["session": .string("\(session)"), "pair": .string("\(pair.lower)-\(pair.higher)")], message: "a pair has lost each other for good")
        case .fellBack(let session, .forBot(let player)):
            pairMetrics.add(.fallback, to: metrics.registry)
            logger.info(
                "fell_back_to_relay", ["session": .string("\(session)"), "bot": .int(Int(player.number))],
                message: "a bot has no direct connections")
        case .excluded(let session, let player, let reason, let excluder):
            watchMetrics.count(excluder)
            logger.info(
                "excluded",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)),
                    "by": .string(excluder.rawValue), "reason": .string(reason),
                ])
        case .warned(let session, let player, let aspect):
            watchMetrics.count(aspect)
            logger.info(
                "warned",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)),
                    "about": .string(aspect.rawValue),
                ])
        case .lost(let session, let loss):
            logger.info(
                "player_lost",
                [
                    "session": .string("\(session)"), "player": .int(Int(loss.player.number)),
                    "reason": .string("\(loss.reason)"), "text": loss.text.isEmpty ? .absent : .string(loss.text),
                ])
        case .seatOffer(let session, let player, let offer):
            logger.info(
                "seat_offered",
                [
                    "session": .string("\(session)"), "player": .int(Int(player.number)), "answer": .string("\(offer)"),
                ])
        }
    }
}
