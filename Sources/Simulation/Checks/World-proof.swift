import Matchmaking
import SessionProtocol

/// Promise 9 at the matchmaker: who may take over a place, and what is left of one that was given up.
extension World {
    /// Whether a join may take over a place in a session of this scene, that began then.
    func isProof(_ request: JoinRequest, for scene: SceneID?, sinceUnixMs: UInt64?) -> Bool {
        guard let place = plan.scenes.first(where: { $0.id == scene }) else { return true }
        if place.identity == .open { return true }
        let wanted = plan.scenes.first { $0.id.name == request.scene }
        if request.isProven, let authority = wanted?.authority, authority == place.authority { return true }
        guard let claim = request.resume.flatMap({ Resume($0)?.claim }), claim.subject == request.subject else { return false }
        // One who was told the end of a session was in it.
        if !claim.releases.isEmpty { return true }
        if let sinceUnixMs, claim.sinceUnixMs > sinceUnixMs { return false }
        guard claim.scene != scene, let other = plan.scenes.first(where: { $0.id == claim.scene }), other.whenWaitIsOver == .end else { return true }
        return other.identity == .proof && other.authority == place.authority
    }

    func isProof(_ request: JoinRequest, for assignment: Assignment?) -> Bool {
        let seat = assignment?.players.first { $0.subject == request.subject }
        return isProof(request, for: assignment?.scene, sinceUnixMs: seat?.sinceUnixMs)
    }

    /// A place in a room is taken over by proof alone, and by none that is younger than the place.
    func checkTakeover(_ number: Int, _ connection: Int) {
        guard let joining = truth.joining, joining.connection == connection, joining.room == number, joining.isSameScene,
            truth[number].atMatchmaker == .waiting, let scene = try? SceneID(joining.request.scene)
        else { return }
        if !isProof(joining.request, for: scene, sinceUnixMs: truth.waiting.placeSince) {
            return fail(.proofNotNeeded, "connection \(connection) takes over a place in \(truth[number].id.short) that it has not proved")
        }
        if joining.request.resume == nil, joining.request.isProven { coverage.count(.takenOverByToken) }
    }

    /// Before the matchmaker knows of a join.
    func notePlaceBefore(_ client: Int) {
        let older = truth.waitingOn[client]
        truth.waiting.placeSince = older >= 0 && truth.waitsFor[older] != nil ? truth.waiting.told[older] : nil
    }

    func isTold(_ resume: String, on connection: Int) {
        truth.waiting.told[connection] = Resume(resume)?.claim.sinceUnixMs
    }

    /// A wall clock that jumps may give a place the time of another one.
    func isLeft(_ claim: ResumeClaim) -> Bool {
        !plan.faults.contains { $0.kind == .clockJump } && truth.isLeft(claim, life: matchmaker.life)
    }

    /// A client is told that it has left.
    func hasLeft(_ number: Int, _ client: Int, on connection: Int) {
        if truth[number].atMatchmaker == .waiting { coverage.count(.left, .waiting) }
        guard let sinceUnixMs = truth.waiting.told[connection] else { return }
        truth.waiting.left[client].sinceUnixMs.append(sinceUnixMs)
        truth.waiting.left[client].life = matchmaker.life
    }
}

extension Truth {
    /// The place was given up, at some time or in some life.
    func mayBeLeft(_ claim: ResumeClaim) -> Bool {
        guard let client = claim.subject.clientIndex else { return false }
        return waiting.left[client].sinceUnixMs.contains(claim.sinceUnixMs) || mayHaveLeftGame(claim)
    }

    private func mayHaveLeftGame(_ claim: ResumeClaim) -> Bool {
        games(since: claim).contains { game in
            let session = self[game.session]
            return session.outcome?.reason == .playerLeft || session.askedOutcome?.reason == .playerLeft
                || session.ends.contains { $0.outcome.reason == .playerLeft }
        }
    }

    /// It is the place that this life of the matchmaker was told last to give up, and none that began at the same time.
    func isLeft(_ claim: ResumeClaim, life: UInt32) -> Bool {
        guard let client = claim.subject.clientIndex else { return false }
        let left = waiting.left[client]
        return left.life == life && left.sinceUnixMs.last == claim.sinceUnixMs && !mayHaveLeftGame(claim)
    }
}
