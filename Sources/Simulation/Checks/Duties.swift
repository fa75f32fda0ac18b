import SessionProtocol

/// What processes owe at once by the rules of a hand-off, where a later repair would hide that it was left out.
struct Duties {
    /// Where a session stands by the newest record of its hand-off that was asked for.
    struct Current {
        let attempt: Attempt
        let node: Int
    }

    /// What the matchmaker knows of a coordinator.
    struct Peer {
        /// The link on which its inventory has been taken.
        var readyLink: Int?
        var isDraining = false
        /// It has refused a session, or left one unanswered, since its last sign of life.
        var isResting = false
        /// When it was last heard, on the matchmaker's boot clock.
        var heardMs: UInt64 = 0
    }

    var peers: [Peer]
    /// Coordinators that this life of the matchmaker has been linked to.
    var known: Set<Int> = []
    /// By session number.
    var current: [Int: Current] = [:]
    /// When offers must have been answered, or taken back.
    var offers = DeadlineQueue<Int>()
    /// Until when connections that wait for what became of a session must have been told, or refused.
    var fates = DeadlineQueue<Int>()
    /// When sessions ended, in this life of the matchmaker.
    var endedMs: [Int: UInt64] = [:]
    /// The link that is being read; nil when nothing is.
    var readingLink: Int?
    /// What was said on it for the message that is being read.
    var dropped: [SessionID] = []
    /// What was taken as in doubt by the message that is being read.
    var doubted: [SessionID] = []
    /// How many waited in the scene of the join that is being handled.
    var waitingBefore: Int?

    init(coordinators count: Int) { peers = Array(repeating: Peer(), count: count) }

    /// Another life of the matchmaker begins at `nowMs`: it waits for each coordinator from then on.
    mutating func restart(_ nowMs: UInt64) {
        self = Duties(coordinators: peers.count)
        for index in peers.indices { peers[index].heardMs = nowMs }
    }
}
