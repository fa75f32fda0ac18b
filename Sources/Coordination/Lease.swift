import SessionProtocol

/// How long this coordinator may own sessions without an answer from its matchmaker.
struct Lease: Sendable {
    /// When the newest ping was sent that has been answered; the beginning of the first link before that.
    var fromMs: UInt64
    var graceMs: UInt32
    var pingIntervalMs: UInt32

    var untilMs: UInt64 { fromMs + UInt64(graceMs) }
}

extension CoordinatorCore {
    /// A lease that runs goes on under the new terms: the link alone renews nothing.
    mutating func beginLease(_ terms: Welcome, _ now: Moment) {
        lease = Lease(
            fromMs: lease?.fromMs ?? now.bootMs, graceMs: terms.leaseGraceMs, pingIntervalMs: terms.pingIntervalMs)
    }

    mutating func ponged(_ sentAtMs: UInt64, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard case .up(let link) = link, sentAtMs <= link.lastPingMs else {
            return refuseMessage(.pong, now, &actions)
        }
        if let fromMs = lease?.fromMs, sentAtMs > fromMs { lease?.fromMs = sentAtMs }
    }

    mutating func sendPing(_ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard case .up(var link) = link, link.nextPingMs <= now.bootMs else { return }
        link.lastPingMs = now.bootMs
        link.nextPingMs = now.bootMs + UInt64(link.terms.pingIntervalMs)
        self.link = .up(link)
        let ping = Ping(
            sentAtMs: now.bootMs, sessions: UInt32(clamping: ledger.count), players: UInt32(clamping: seats.count))
        actions.append(.link(.ping(ping)))
    }

    /// Without its lease a coordinator owns nothing: the matchmaker is about to presume its sessions lost.
    mutating func expireLease(_ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let lease, lease.untilMs <= now.bootMs else { return }
        self.lease = nil
        actions.append(.notice(.leaseExpired(sessions: ledger.count)))
        if case .up = link { closeLink(nil, now, &actions) }
        let cause: ExitCause = now.bootMs - lease.untilMs < UInt64(lease.pingIntervalMs) ? .leaseOver : .awokeLate
        for session in ledger.sessions { end(session, cause, now, &actions) }
    }
}
