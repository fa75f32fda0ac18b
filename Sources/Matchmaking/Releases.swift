import SessionProtocol

/// Who was released from sessions that a restart would bring back with them: those that live, and those whose end is not on
/// disk yet. The places that their subjects are given name them, so that a release needs no record of its own.
struct Releases: Sendable {
    /// In the order of the releases; the newest of too many.
    private var sessions: [SubjectID: [SessionID]] = [:]
    private var subjects: [SessionID: [SubjectID]] = [:]

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

    /// The session's end is on disk, so that nothing brings it back.
    mutating func settle(_ session: SessionID) {
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
    /// The text of a `place` claim, which says too what its subject has been released from.
    func text(ofPlace place: ResumeClaim) -> String {
        var claim = place
        claim.releasedFrom = releases[place.subject]
        if !claim.releasedFrom.isEmpty { claim.kind = .placeBehindRelease }
        return signer.text(of: claim)
    }
}
