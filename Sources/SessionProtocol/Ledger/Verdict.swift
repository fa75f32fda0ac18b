/// That a session ends, why, and whose doing it is. All else in its outcome follows from the table of exit paths.
public struct Verdict: Hashable, Sendable {
    public let cause: ExitCause
    /// The state that the session is in.
    public let state: SessionState
    /// What the table says of the two.
    public let ending: ExitEnding
    /// Those of whom the cause tells. Whether they are to blame is the table's to say.
    public let concerned: [PlayerIndex]
    public let failedPairs: [PlayerPair]
    /// In order of pairs, each at most once.
    public let roundTrips: [PairRoundTrip]
    /// Players lost before, and those whose loss ends it where more is said of that than the reason; in order of players.
    public let losses: [PlayerLoss]
    /// What players reported with `finish`, in order of their index; nil for one who has not finished.
    public let results: [[UInt8]?]

    /// The cause must end a session in this state: a core that says otherwise has broken its own rules.
    public init(
        _ cause: ExitCause, in state: SessionState, concerning concerned: [PlayerIndex] = [],
        failedPairs: [PlayerPair] = [], roundTrips: [PairRoundTrip] = [], losses: [PlayerLoss] = [],
        results: [[UInt8]?] = []
    ) {
        guard let ending = cause.path(in: state).ending else {
            preconditionFailure("\(cause) ends nothing that is \(state)")
        }
        self.cause = cause
        self.state = state
        self.ending = ending
        self.concerned = concerned
        self.failedPairs = failedPairs
        self.roundTrips = roundTrips
        self.losses = losses
        self.results = results
    }

    func outcome(session: SessionID, scene: SceneID, subjects: [SubjectID], attempt: Attempt, now: Moment) -> Outcome {
        let players = subjects.enumerated().map { index, subject in
            let isBlamed =
                switch ending.blame {
                case .nobody: false
                case .concerned: concerned.contains { Int($0.number) == index }
                }
            let isRequeued =
                switch ending.requeue {
                case .nobody: false
                // It was over for one who was lost before: where it is not known how far the session had come, too.
                case .blameless: !isBlamed && !losses.contains { Int($0.player.number) == index }
                }
            let result = index < results.count ? results[index] : nil
            return PlayerOutcome(
                subject: subject, isBlamed: isBlamed, isRequeued: isRequeued, hasFinished: result != nil,
                result: result ?? [])
        }
        return Outcome(
            session: session, attempt: attempt, scene: scene, reason: ending.reason, endedIn: ending.endedIn,
            isPresumed: ending.isPresumed, endedAtUnixMs: now.unixMs, players: players,
            failedPairs: Array(failedPairs.prefix(ProtocolLimits.failedPairsMax)),
            extensions: Extensions(roundTrips: roundTrips, losses: losses))
    }
}
