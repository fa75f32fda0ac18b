import SessionProtocol

/// All that a coordinator knows of a live session, beside its state.
struct SessionDetails: Sendable {
    /// What the session is doing; goes with the ledger's state.
    enum Phase: Sendable {
        /// MATCHED. → validating, playing
        case entering
        /// VALIDATING. → playing
        case validating(PairTable)
        /// PLAYING.
        case playing(Play)
    }

    /// As it was given, but for the losses since.
    var assignment: Assignment
    /// In order of `PlayerIndex`.
    var players: [Player]
    var phase = Phase.entering
    /// What pairs measured while they were validated; set when play begins.
    var roundTrips: [PairRoundTrip] = []
    /// What is known of the players' clocks, in order of `PlayerIndex`.
    var clocks: [ClockEstimate]
    /// Ordered messages, kept for those who return.
    var replay = ReplayRing()
    /// From VALIDATING or PLAYING on, where the scene asks for it.
    var watch: Watch?

    /// Lockstep, once play has begun in a scene that has it.
    var ticks: Ticks?
    /// How much each player may send.
    let rate: SendRate

    init(_ assignment: Assignment, _ limits: CoordinationLimits) {
        self.assignment = assignment
        rate = .relay(assignment.extensions.playRules.relay, limits)
        players = assignment.players.map { _ in Player() }
        clocks = assignment.players.map { _ in ClockEstimate() }
    }

    var settings: SessionSettings { assignment.settings }

    /// What the scene asks of play beyond its settings.
    var rules: PlayRules { assignment.extensions.playRules }

    var indices: [PlayerIndex] { players.indices.map { PlayerIndex(UInt8($0)) } }

    func isMember(_ player: PlayerIndex) -> Bool { Int(player.number) < players.count }

    subscript(player: PlayerIndex) -> Player {
        get { players[Int(player.number)] }
        _modify { yield &players[Int(player.number)] }
    }

    /// What pairs have measured by now.
    var roundTripsSoFar: [PairRoundTrip] {
        switch phase {
        case .entering: []
        case .validating(let pairs): pairs.roundTrips
        case .playing: roundTrips
        }
    }

    var isEveryoneConnected: Bool { players.allSatisfy { $0.connection != nil } }

    /// Those who were here and are not now, and are waited for.
    var away: [PlayerIndex] {
        indices.filter {
            if case .away = self[$0].presence { return self[$0].plays }
            return false
        }
    }

    /// The connections of all but one, in order.
    func connections(except player: PlayerIndex? = nil) -> [ConnectionHandle] {
        indices.compactMap { $0 == player ? nil : self[$0].connection }
    }
}

/// One player of a live session.
struct Player: Sendable {
    enum Presence: Sendable {
        /// Has never entered. → connected
        case expected
        /// → away, or another connection with the same ticket
        case connected(ConnectionHandle)
        /// In its grace, unless it has finished or is lost. → connected
        case away
    }

    var presence = Presence.expected
    /// What it said with `finish`, empty for nothing; nil while it has not finished.
    var result: [UInt8]?
    /// The session is over for it, and goes on; whoever is connected then is a bot in its seat.
    var loss: Loss?
    /// Ordered messages for it so far, kept or not.
    var orderedCount: UInt64 = 0
    /// What it may still send.
    var budget = SendBudget()
    /// Barriers that opened while it was away: at most those that it was ready for, so at most those open at once.
    var opened: [OpenedBarrier] = []
    var signals = SendBudget()
    /// It has sent a binary message since it was last looked at.
    var hasSpoken = false
    /// The page of its present connection has said so.
    var isHidden = false

    /// It has not finished, and is not lost: it is waited for where all are.
    var plays: Bool { result == nil && loss == nil }

    var connection: ConnectionHandle? {
        if case .connected(let connection) = presence { return connection }
        return nil
    }
}

/// What PLAYING needs.
struct Play: Sendable {
    var route: Route
    /// The instant at which all begin, by the boot clock.
    let startMs: UInt64
    /// Barriers that some have reached.
    var barriers: [Barrier] = []
    var loop = GameLoop.single
    /// Since when play stands still for one who is away; nil while it goes on.
    var pausedMs: UInt64?
    /// When it went on, or will, after it last stood still.
    var resumedMs: UInt64?
    /// For how long of the time since its start it had stood still by then.
    var stoodStillMs: UInt64 = 0
}

extension Assignment {
    /// The player that this ticket speaks for.
    func player(holding ticket: Ticket) -> PlayerIndex? {
        players.firstIndex { $0.ticket == ticket }.flatMap { PlayerIndex(exactly: $0) }
    }
}
