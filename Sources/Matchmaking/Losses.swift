import SessionProtocol

/// Players whom their session has gone on without.
///
/// What is known of them stands in the assignment, from which it gets into an outcome that the matchmaker has to state itself:
/// when a coordinator is lost, those whom it had said to be out are named. Whoever only showed a release is not: that says
/// that the session is over for its subject, and not why.
extension MatchmakerCore {
    /// Takes over from the owner whom a session has lost by now: it is over for them, they are free, and one who waits for
    /// its fate hears it. Returns whether that is news, which is to be recorded: both processes may be killed.
    @discardableResult
    mutating func noteLosses(_ told: Assignment, _ now: Moment, _ actions: inout [MatchmakerAction]) -> Bool {
        let (id, losses) = (told.session, told.extensions.losses)
        guard !losses.isEmpty, let known = ledger.details(of: id)?.handOff?.assignment,
            known.players.map(\.subject) == told.players.map(\.subject)
        else { return false }
        let isNews = known.extensions.losses != losses
        _ = updateHandOff(id) { $0.assignment.extensions.losses = losses }
        for loss in losses {
            let subject = told.players[Int(loss.player.number)].subject
            guard ledger.session(of: subject) == id else { continue }
            ledger.unseat(subject, from: id)
            releases.note(subject, from: id)
            var member: Member?
            _ = updateHandOff(id) { handOff in
                guard let index = handOff.members.firstIndex(where: { $0.subject == subject }) else { return }
                member = handOff.members[index]
                handOff.members[index].connection = nil
            }
            guard let member, let connection = member.connection else { continue }
            fates.remove(connection)
            tellEnded(member, session: id, loss.reason, told.settings.completionCode(for: loss.reason), &actions)
            finish(connection, JoinFate.Kind(told: loss.reason), in: id, now, &actions)
        }
        return isNews
    }
}
