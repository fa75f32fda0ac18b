import SessionProtocol

/// The ways that messages of play can take.
enum Route: Sendable {
    /// Through the coordinator from the beginning: there are no direct connections that anyone could lose.
    case relay
    /// Directly between players. → fallenBack
    case peers(PairTable)
    /// Through the coordinator, since a pair was lost for good or a bot came. Words about pairs may still be on their way.
    case fallenBack

    var transport: Transport {
        switch self {
        case .relay, .fallenBack: .relay
        case .peers: .peer
        }
    }
}

/// Two players who are both here and have lost each other: connected anew, or all go on through the coordinator. Nobody is
/// given up for it.
extension CoordinatorCore {
    /// A player has lost the connection to another. Both may say so; the first one counts.
    mutating func peerLost(
        _ peer: PlayerIndex, attempt: UInt32?, _ seat: Seat, from connection: ConnectionHandle, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard let (table, pair) = pairs(seat, peer, connection, &actions), let details = ledger.details(of: seat.session)
        else { return }
        if let attempt, attempt != table[pair].attempt {
            return actions.append(.notice(.stale(seat.session, by: seat.player, .report)))
        }
        // Nobody misses one who has finished, or is lost to the session.
        guard details[peer].plays, details[seat.player].plays else { return }
        if table[pair].isValidated {
            loseValidated(pair, table, seat, now, &actions)
        } else if table[pair].hasCalledGood(seat.player) {
            // It was gone before the other end could say that it was there.
            if canTryAgain(table[pair], seat.session, details, now) {
                tryAgain(pair, seat.session, now, &actions)
            } else if details.isPlaying {
                giveUp(pair, seat.session)
            }
            settlePairs(seat.session, now, &actions)
        }
    }

    private mutating func loseValidated(
        _ pair: PlayerPair, _ table: PairTable, _ seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        actions.append(.notice(.pairLost(seat.session, pair, by: seat.player)))
        let isPlaying = ledger.details(of: seat.session)?.isPlaying == true
        _ = ledger.withDetails(seat.session) { details in
            guard var table = details.pairs else { return }
            table[pair].noteLoss()
            details.setPairs(table)
        }
        if table[pair].lossCount < limits.pairLossesMax {
            startAnew(pair, attempt: table[pair].attempt + 1, seat.session, now, except: nil, &actions)
        } else if isPlaying {
            // What breaks again and again is no way to play.
            return fallBack(seat.session, .overPair(pair), &actions)
        }
        settlePairs(seat.session, now, &actions)
    }

    /// With no attempt left for one pair, all play on through the coordinator.
    mutating func judgeRepair(_ session: SessionID, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(let play) = details.phase,
            case .peers(let table) = play.route,
            let lost = table.pairs.first(where: \.hasFailed)
        else { return }
        fallBack(session, .overPair(lost.players), &actions)
    }

    /// Players are out of the game: their pairs are neither repaired nor waited for any more.
    mutating func leaveOut(_ players: [PlayerIndex], of session: SessionID) {
        _ = ledger.withDetails(session) { details in
            guard var table = details.pairs else { return }
            for player in players { table.leaveOut(player) }
            details.setPairs(table)
        }
        schedulePairs(session)
    }

    /// A bot takes a lost player's seat. It has no connections to anybody, and need not be able to make any: where the others
    /// have been playing directly, all play on through the coordinator.
    mutating func makeRoomForBot(_ player: PlayerIndex, in session: SessionID, _ actions: inout [CoordinatorAction]) {
        guard case .playing(let play) = ledger.details(of: session)?.phase, case .peers = play.route else { return }
        fallBack(session, .forBot(player), &actions)
    }

    private mutating func fallBack(
        _ session: SessionID, _ reason: FallBack, _ actions: inout [CoordinatorAction]
    ) {
        let details = ledger.withDetails(session) { details in
            if case .playing(var play) = details.phase {
                play.route = .fallenBack
                details.phase = .playing(play)
            }
            return details
        }
        ledger.clearDeadline(.pairs, of: session)
        actions.append(.notice(.fellBack(session, reason)))
        for connection in details?.connections() ?? [] { actions.append(.reply(connection, .transport(.relay))) }
    }
}

extension SessionDetails {
    var isPlaying: Bool { if case .playing = phase { true } else { false } }
}
