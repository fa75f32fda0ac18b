import SessionProtocol

/// What players say to each other to connect: only inside the session, and only while it matters.
extension CoordinatorCore {
    mutating func signal(
        _ peer: PlayerIndex, _ data: [UInt8], attempt: UInt32?, from connection: ConnectionHandle, _ seat: Seat,
        _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: seat.session) else { return }
        guard details.isMember(peer), let pair = PlayerPair(seat.player, peer) else {
            return complain(connection, .noSuchPlayer, "no such peer in this session", &actions)
        }
        guard data.count <= limits.signalBytesMax else {
            return complain(connection, .badMessage, "a signal has at most \(limits.signalBytesMax) bytes", &actions)
        }
        let rate = SendRate.signals(limits)
        let isAllowed = ledger.withDetails(seat.session) {
            $0[seat.player].signals.spend(data.count, rate, nowMs: now.bootMs)
        }
        guard isAllowed == true else { return complain(connection, .rateLimited, "too many signals", &actions) }
        switch details.use(ofSignalIn: pair, attempt: attempt) {
        case .none: complain(connection, .wrongState, "nobody is to be connected now", &actions)
        case .late: actions.append(.notice(.stale(seat.session, by: seat.player, .signal)))
        case .current:
            // Signals are of the moment: one that is kept would reach a page that has made new connections meanwhile.
            guard let target = details[peer].connection else {
                return complain(connection, .wrongState, "the peer is disconnected", &actions)
            }
            actions.append(.reply(target, .signal(from: seat.player, data: data, attempt: attempt)))
        }
    }
}

extension SessionDetails {
    fileprivate enum SignalUse {
        /// There is nothing to connect.
        case none
        /// It belongs to an attempt that is over: it was sent before that could be known.
        case late
        case current
    }

    /// Candidates trail behind: those of an attempt that is over are late, and nobody's mistake.
    fileprivate func use(ofSignalIn pair: PlayerPair, attempt: UInt32?) -> SignalUse {
        switch phase {
        case .entering: return .none
        case .validating(let table):
            if let attempt, attempt != table[pair].attempt { return .late }
            if table[pair].isTried { return .current }
            return attempt == nil ? .none : .late
        case .playing(let play):
            switch play.route {
            case .relay: return .none
            case .fallenBack: return attempt == nil ? .none : .late
            case .peers(let table):
                if let attempt, attempt != table[pair].attempt { return .late }
                if table[pair].isLeftOut { return attempt == nil ? .none : .late }
                return .current
            }
        }
    }
}
