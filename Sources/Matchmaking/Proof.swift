import SessionProtocol

/// Who may take over a place, a session's or a room's: promise 9.
///
/// A name that nobody waits under is given, with a `resume`, to whoever says it. That `resume` must not take the place of the one
/// whose name it is: so a claim holds for places that are no older than itself, and for scenes whose names are as good as those of
/// the scene that it was signed for.
extension MatchmakerCore {
    /// Whether a join may take over its subject's place in a session that lives.
    func mayTakeOver(
        _ session: SessionID, _ request: JoinRequest, _ claim: ResumeClaim?, joining wanted: Int
    ) -> Bool {
        guard let entry = ledger[session], !owns(request, joining: wanted, in: entry.scene) else { return true }
        guard let claim else { return false }
        // None but its players are given a release.
        if claim.releases(from: session) { return true }
        let members = entry.details.room.map { self.members($0) } ?? entry.details.handOff?.members ?? []
        guard let member = members.first(where: { $0.subject == request.subject }) else { return false }
        let movedFrom = member.connection.flatMap { joined.movedFrom($0) }
        return holds(claim, sinceUnixMs: member.sinceUnixMs, in: entry.scene, movedFrom: movedFrom)
    }

    /// The same of one who does not know yet that its session has ended.
    func mayFollow(_ older: Untold, _ request: JoinRequest, _ claim: ResumeClaim?, joining wanted: Int) -> Bool {
        if owns(request, joining: wanted, in: older.scene) { return true }
        guard let claim else { return false }
        guard !claim.releases(from: older.session), let join = joined.number(of: older.connection) else { return true }
        return holds(
            claim, sinceUnixMs: joined[join].sinceUnixMs, in: older.scene, movedFrom: joined.movedFrom(older.connection))
    }

    /// - Parameter movedFrom: the scene that its holder had asked for, where that one sent it on.
    private func holds(
        _ claim: ResumeClaim, sinceUnixMs: UInt64, in scene: SceneID, movedFrom: SceneID?
    ) -> Bool {
        claim.sinceUnixMs <= sinceUnixMs
            && (claim.scene == scene || claim.scene == movedFrom || namesAreAsGood(in: claim.scene, as: scene))
    }

    /// A `resume` of a scene that trusts names proves nothing elsewhere, nor does that of another authority's.
    private func namesAreAsGood(in scene: SceneID, as other: SceneID) -> Bool {
        guard let first = sceneIndices[scene].map({ scenes[$0] }), let second = sceneIndices[other].map({ scenes[$0] }) else {
            return false
        }
        return first.identity == .proof && first.authority == second.authority
    }

    /// Whether one without a `resume` may take over a place in a session of this scene, whatever the scene that is asked for: by
    /// the name alone where names are trusted, or by proof that counts there as well.
    private func owns(_ request: JoinRequest, joining wanted: Int, in other: SceneID) -> Bool {
        guard let index = sceneIndices[other] else { return false }
        if scenes[index].identity == .open { return true }
        return request.isProven && scenes[wanted].authority != nil && scenes[index].authority == scenes[wanted].authority
    }
}
