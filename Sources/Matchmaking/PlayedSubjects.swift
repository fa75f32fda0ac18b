import SessionProtocol

/// Time waited for a session is spent once that session has been played: no `resume` from before gives it again, whichever
/// session it was given for. Both times are this server's own, so that a coordinator's clock says nothing of it. It is spent as
/// well for one who leaves before.
extension MatchmakerCore {
    /// Its owner says what a session is at.
    mutating func mirror(_ session: SessionID, _ state: SessionState, _ now: Moment) {
        ledger.transition(session, to: state)
        if state == .playing, let handOff = ledger.details(of: session)?.handOff { spendWaits(for: handOff.assignment, now) }
    }

    /// A session ends, of which this is known.
    mutating func spendWaits(for outcome: Outcome, _ assignment: Assignment?, _ now: Moment) {
        guard outcome.endedIn == .playing else { return }
        if let assignment { return spendWaits(for: assignment, now) }
        let subjects = outcome.players.map(\.subject)
        if let matchedUnixMs = retained[outcome.session]?.matchedUnixMs { return spendWaits(of: subjects, upToUnixMs: matchedUnixMs, now) }
        // Its record is lost, and with it when it was matched: before its end. Who was lost to it may have waited anew since
        // long before that.
        let lost = Set(outcome.losses.map { Int($0.player.number) })
        let stayed = subjects.indices.filter { !lost.contains($0) }.map { subjects[$0] }
        spendWaits(of: stayed, upToUnixMs: min(outcome.endedAtUnixMs, now.unixMs), now)
    }

    private mutating func spendWaits(for assignment: Assignment, _ now: Moment) {
        spendWaits(of: assignment.players.map(\.subject), upToUnixMs: matchedUnixMs(assignment), now)
    }

    func matchedUnixMs(_ assignment: Assignment) -> UInt64 {
        assignment.resumeExpiresUnixMs - min(assignment.resumeExpiresUnixMs, limits.resumeLifetimeMs)
    }

    private mutating func spendWaits(of subjects: [SubjectID], upToUnixMs: UInt64, _ now: Moment) {
        for subject in subjects where played[subject] ?? 0 < upToUnixMs {
            played.insert(upToUnixMs, for: subject, nowMs: now.bootMs)
        }
    }

    /// Whoever leaves before play gives its place up, and the time waited for it. No other place of the name: somebody else may
    /// have waited under it.
    mutating func gaveUp(_ subject: SubjectID, sinceUnixMs: UInt64, _ now: Moment) {
        left.insert(sinceUnixMs, for: subject, nowMs: now.bootMs)
    }

    /// Those to blame for an end before play because they left.
    mutating func noteLeavers(_ outcome: Outcome, _ members: [Member], _ now: Moment) {
        guard outcome.reason == .playerLeft, outcome.endedIn != .playing else { return }
        for (player, member) in zip(outcome.players, members) where player.isBlamed && player.subject == member.subject {
            gaveUp(member.subject, sinceUnixMs: member.sinceUnixMs, now)
        }
    }

    /// A place that begins at this time is not the one that was given up then.
    mutating func beginsAnew(_ subject: SubjectID, sinceUnixMs: UInt64) {
        if left[subject] == sinceUnixMs { left.remove(subject) }
    }

    /// The subject has been matched since this place was first waited for, and has played; or it has left it.
    func isSpent(_ claim: ResumeClaim) -> Bool {
        if left[claim.subject] == claim.sinceUnixMs { return true }
        return played[claim.subject].map { claim.sinceUnixMs <= $0 } ?? false
    }
}
