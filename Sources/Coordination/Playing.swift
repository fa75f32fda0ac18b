import SessionProtocol

/// PLAYING, and what a player that has entered may ask.
extension CoordinatorCore {
    mutating func beginPlay(
        _ session: SessionID, _ route: Route, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard ledger.transition(session, to: .playing) else { return }
        let countdownMs = ledger[session]?.details.rules.start?.countdownMs ?? 0
        let play = Play(route: route, startMs: now.bootMs + UInt64(countdownMs))
        let details = ledger.withDetails(session) { details in
            details.roundTrips = details.roundTripsSoFar
            details.phase = .playing(play)
            return details
        }
        beginTicks(session, startMs: play.startMs)
        guard details != nil, let details = ledger[session]?.details else { return }
        let atMs = now.bootMs + UInt64(details.settings.playTimeoutMs)
        ledger.setDeadline(.play, of: session, atMs: atMs)
        beginWatching(session, now)
        tellState(session, details, .playing, &actions)
        for player in details.indices {
            guard let connection = details[player].connection else { continue }
            actions.append(.reply(connection, details.playReply(play, to: player, now)))
        }
        beginEpisode(1, of: session, startMs: play.startMs, now, &actions)
    }

    mutating func perform(
        _ request: PlayerRequest, from connection: ConnectionHandle, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard let seat = seats[connection] else {
            return expel(connection, .wrongState, "enter comes first", &actions)
        }
        // A session that has just ended answers nothing but `ended`, and that when its time has come.
        guard ledger.contains(seat.session) else { return }
        watchHeard(seat, now)
        switch request {
        case .signal(let peer, let data, let attempt):
            signal(peer, data, attempt: attempt, from: connection, seat, now, &actions)
        case .validated(let peer, let rttMs, let attempt):
            validated(peer, attempt: attempt, rttMs: rttMs, seat, from: connection, now, &actions)
        case .validationFailed(let peer, let detail, let attempt):
            validationFailed(peer, attempt: attempt, detail: detail, seat, from: connection, now, &actions)
        case .peerLost(let peer, let attempt):
            peerLost(peer, attempt: attempt, seat, from: connection, now, &actions)
        case .episodeDone(let number): episodeDone(number, seat, from: connection, now, &actions)
        case .resetDone(let number): resetDone(number, seat, from: connection, now, &actions)
        case .clock(let sample, let clientMs):
            clockAnswered(sample, clientMs: clientMs, seat, from: connection, now, &actions)
        case .ready(let barrier): ready(barrier, seat, from: connection, now, &actions)
        case .finish(let result): finish(result ?? [], seat, from: connection, now, &actions)
        case .leave:
            lose([seat.player], of: seat.session, .left, now, &actions)
        case .visibility(let isHidden): visibility(isHidden: isHidden, seat, now, &actions)
        case .exclude(let reason):
            let reason = reason.cut(toBytes: limits.detailBytesMax)
            actions.append(.notice(.excluded(seat.session, seat.player, reason: reason, by: .itself)))
            lose([seat.player], of: seat.session, .excluded, texts: [reason], now, &actions)
        }
    }

    private mutating func finish(
        _ result: [UInt8], _ seat: Seat, from connection: ConnectionHandle, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: seat.session) else { return }
        guard case .playing = details.phase, details[seat.player].result == nil else {
            return complain(connection, .wrongState, "only one who plays can finish, and once", &actions)
        }
        guard result.count <= ProtocolLimits.resultBytesMax else {
            return complain(
                connection, .badMessage, "`result` must have at most \(ProtocolLimits.resultBytesMax) bytes", &actions)
        }
        let haveAllFinished = ledger.withDetails(seat.session) { details in
            details[seat.player].result = result
            return details.haveAllFinished
        }
        watchLeft(seat)
        if haveAllFinished == true {
            end(seat.session, .completed, now, &actions)
        } else {
            goOn(seat.session, now, &actions)
        }
    }

    /// Tells the matchmaker how far the session is.
    func tellState(
        _ session: SessionID, _ details: SessionDetails, _ state: SessionState, _ actions: inout [CoordinatorAction]
    ) {
        if case .up = link { actions.append(.link(.state(session, details.assignment.attempt, state))) }
    }
}

extension SessionDetails {
    func playReply(_ play: Play, to player: PlayerIndex, _ now: Moment) -> PlayerReply {
        .play(play.route.transport, seed: assignment.seed & (1 << 53 - 1), start(of: play, for: player, now), tickTerms)
    }
}

extension String {
    /// The beginning, of at most so many bytes.
    func cut(toBytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(startIndex, offsetBy: count)
        // Not in the middle of a character: what stands for half of one takes more bytes than it.
        while end > startIndex, utf8[end] & 0b1100_0000 == 0b1000_0000 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
