import SessionProtocol

/// A configured kind of game, as the matchmaker needs it.
public struct Scene: Hashable, Sendable {
    /// Who may take over a subject's place by its name.
    public enum Identity: String, CaseIterable, Sendable {
        /// Only one who shows a `resume` that was signed for this subject.
        case proof
        /// Anyone who says the name: for demonstrations and trusted networks.
        case open
    }

    public var id: SceneID
    /// Players of one session, 1 to 255.
    public var groupSize: Int
    /// What the coordinator is told.
    public var settings: SessionSettings
    /// What more the coordinator is told.
    public var playRules: PlayRules
    /// How long a subject waits at most before it is told that nobody came.
    public var waitTimeoutMs: UInt64
    public var identity: Identity
    /// Who says which subject somebody is, where somebody does. Proof that is brought to one scene counts in all of the same
    /// authority, and nowhere else: another's tokens give no hold on places here.
    public var authority: String?
    /// A closed scene refuses joins; those who wait go on waiting.
    public var isOpen: Bool
    /// Subjects that wait in this scene at once, at most.
    public var waitingMax: Int
    /// Who may be put together.
    public var rules: MatchingRules
    public var treatments: TreatmentPlan?
    /// How long each has to answer "still there?" before the game starts; nil does not ask.
    public var confirmTimeoutMs: UInt64?
    public var whenWaitIsOver: WaitOver

    public init(
        id: SceneID, groupSize: Int, settings: SessionSettings, playRules: PlayRules = .none,
        waitTimeoutMs: UInt64 = 120_000, identity: Identity = .proof, authority: String? = nil, isOpen: Bool = true, waitingMax: Int = 100_000,
        rules: MatchingRules = MatchingRules(), treatments: TreatmentPlan? = nil, confirmTimeoutMs: UInt64? = nil,
        whenWaitIsOver: WaitOver = .end
    ) {
        precondition((1...ProtocolLimits.playersMax).contains(groupSize), "a group has 1 to 255 players")
        self.id = id
        self.groupSize = groupSize
        self.settings = settings
        self.playRules = playRules
        self.waitTimeoutMs = waitTimeoutMs
        self.identity = identity
        self.authority = authority
        self.isOpen = isOpen
        self.waitingMax = waitingMax
        self.rules = rules
        self.treatments = treatments
        self.confirmTimeoutMs = confirmTimeoutMs
        self.whenWaitIsOver = whenWaitIsOver
    }
}
