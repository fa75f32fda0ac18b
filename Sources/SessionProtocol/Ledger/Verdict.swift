/// Why a session ends and whose doing it is: what its owner decides. All else in an outcome follows from it.
public struct Verdict: Hashable, Sendable {
    public var reason: EndReason
    /// The players because of whom it ends.
    public var blamed: [PlayerIndex]
    /// The owner is out of reach and only presumed to have lost the session.
    public var isPresumed: Bool
    /// False when the scene ends the session for all, where others of this kind put the blameless back.
    public var requeuesBlameless: Bool
    public var failedPairs: [PlayerPair]
    /// What players reported with `finish`, in order of their index; nil for one who has not finished.
    public var results: [[UInt8]?]

    public init(
        _ reason: EndReason, blamed: [PlayerIndex] = [], isPresumed: Bool = false, requeuesBlameless: Bool = true,
        failedPairs: [PlayerPair] = [], results: [[UInt8]?] = []
    ) {
        self.reason = reason
        self.blamed = blamed
        self.isPresumed = isPresumed
        self.requeuesBlameless = requeuesBlameless
        self.failedPairs = failedPairs
        self.results = results
    }

    func outcome(
        session: SessionID, scene: SceneID, subjects: [SubjectID], endedIn: SessionState, attempt: Attempt, now: Moment
    ) -> Outcome {
        let requeues = requeuesBlameless && reason.requeuesBlameless(in: endedIn)
        let players = subjects.enumerated().map { index, subject in
            let isBlamed = blamed.contains { Int($0.number) == index }
            let result = index < results.count ? results[index] : nil
            return PlayerOutcome(
                subject: subject, isBlamed: isBlamed, isRequeued: requeues && !isBlamed, hasFinished: result != nil,
                result: result ?? [])
        }
        return Outcome(
            session: session, attempt: attempt, scene: scene, reason: reason, endedIn: endedIn,
            isPresumed: isPresumed, endedAtUnixMs: now.unixMs, players: players,
            failedPairs: Array(failedPairs.prefix(ProtocolLimits.failedPairsMax)))
    }
}
