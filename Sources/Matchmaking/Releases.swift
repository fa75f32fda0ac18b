import SessionProtocol

/// Who was released from sessions that a restart would bring back with them: those that live, and those whose end is not on
/// disk yet. The places that their subjects are given name them, so that a release needs no record of its own.
struct Releases: Sendable {
    /// In the order of the releases; the newest of too many.
    private var sessions: [SubjectID: [SessionID]] = [:]
    private var subjects: [SessionID: [SubjectID]] = [:]
    /// Sessions whose end is not on disk yet; as many as there are outcomes that wait to be.
    private var ending: Set<SessionID> = []

    /// Subjects with releases.
    var count: Int { sessions.count }
    subscript(subject: SubjectID) -> [SessionID] { sessions[subject] ?? [] }

    mutating func note(_ subject: SubjectID, from session: SessionID) {
        guard sessions[subject]?.contains(session) != true else { return }
        sessions[subject, default: []].append(session)
        subjects[session, default: []].append(subject)
        if let released = sessions[subject], released.count > ProtocolLimits.resumeReleasesMax {
            remove(subject, from: released[0])
        }
    }

    mutating func ends(_ session: SessionID) { ending.insert(session) }

    /// Notes what is shown of sessions that have just ended.
    mutating func note(_ claim: ResumeClaim) {
        for session in claim.releases where ending.contains(session) { note(claim.subject, from: session) }
    }

    /// The session's end is on disk, so that nothing brings it back.
    mutating func settle(_ session: SessionID) {
        ending.remove(session)
        for subject in subjects[session] ?? [] { remove(subject, from: session) }
    }

    private mutating func remove(_ subject: SubjectID, from session: SessionID) {
        sessions[subject]?.removeAll { $0 == session }
        subjects[session]?.removeAll { $0 == subject }
        if sessions[subject]?.isEmpty == true { sessions[subject] = nil }
        if subjects[session]?.isEmpty == true { subjects[session] = nil }
    }
}

extension MatchmakerCore {
    /// The claim of a place, which says too what its subject has been released from.
    func claim(
        ofPlaceOf subject: SubjectID, in id: SessionID, _ scene: SceneID, sinceUnixMs: UInt64, expiresUnixMs: UInt64,
        releasedFrom: [SessionID]
    ) -> ResumeClaim {
        ResumeClaim(
            kind: releasedFrom.isEmpty ? .place : .placeBehindRelease, scene: scene, subject: subject, session: id,
            sinceUnixMs: sinceUnixMs, expiresUnixMs: expiresUnixMs, releasedFrom: releasedFrom)
    }
}
