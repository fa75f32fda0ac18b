import SessionProtocol

/// What one player may still send in signals: two buckets that fill up with time.
struct SignalAllowance: Sendable {
    /// In thousandths of a message and of a byte.
    private var messages: UInt64 = 0
    private var bytes: UInt64 = 0
    /// Nil before the first signal, when both are full.
    private var filledAtMs: UInt64?

    /// False when this one is too much, which then costs nothing.
    mutating func take(bytes count: Int, _ limits: CoordinationLimits, nowMs: UInt64) -> Bool {
        let (messagesMax, bytesMax) = (UInt64(limits.signalsBurstMax) * 1000, UInt64(limits.signalBytesBurstMax) * 1000)
        if let filledAtMs {
            // Bounded, so that the product is.
            let elapsedMs = min(nowMs - min(nowMs, filledAtMs), 1_000_000)
            messages = min(messagesMax, messages + elapsedMs * UInt64(limits.signalsPerSecondMax))
            bytes = min(bytesMax, bytes + elapsedMs * UInt64(limits.signalBytesPerSecondMax))
        } else {
            (messages, bytes) = (messagesMax, bytesMax)
        }
        filledAtMs = nowMs
        guard messages >= 1000, bytes >= UInt64(count) * 1000 else { return false }
        messages -= 1000
        bytes -= UInt64(count) * 1000
        return true
    }
}

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
        let limits = limits
        let isAllowed = ledger.withDetails(seat.session) {
            $0[seat.player].signals.take(bytes: data.count, limits, nowMs: now.bootMs)
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
                return .current
            }
        }
    }
}
