import SessionProtocol

extension Truth {
    /// A session that lives at a coordinator, as its events and actions show it.
    final class Copy {
        let session: Int
        let handOff: Int
        let assignment: Assignment
        var state = SessionState.matched
        var isExtended = false
        /// When its phase is over, on the coordinator's boot clock.
        var phaseUntilMs: UInt64
        /// Its phase was over when it went on.
        var wasLate = false
        /// The coordinator holds it no more.
        var isOver = false

        // By player.
        var isAway: [Bool]
        /// Until when one who is away may come back.
        var awayUntilMs: [UInt64]
        var hasFinished: [Bool]
        /// It goes on without them.
        var lostFor: [EndReason?]
        /// Who sits there now; -1 for nobody.
        var connections: [Int]
        /// The newest ticket that was offered for a lost player's seat, and the one that was last entered with.
        var seatTickets: [Ticket?]
        var seatHolders: [Ticket?]
        /// It has just been excluded, or at some time.
        var isExcluded: [Bool]
        /// Barriers that opened while it was away.
        var missedGo: [[String]]

        /// What players have said of the running attempt with a peer, by 256 × player + peer.
        var pairWords: [Int: Bool] = [:]
        /// The attempt of each pair and how many there were since it began anew, by 256 × lower + higher.
        var pairAttempts: [Int: (attempt: UInt32, tries: Int)] = [:]
        /// A pair that is to count as lost in what is being done.
        var lostPairExpected: Int?
        /// Play goes directly between players.
        var isDirect = false
        var hasPlayed = false

        /// The instant at which play begins, on the coordinator's boot clock; 0 before PLAYING.
        var startMs: UInt64 = 0
        /// Since when play stands still.
        var pausedMs: UInt64?
        /// From when to when it did so before.
        var pauses: [(fromMs: UInt64, toMs: UInt64)] = []
        var barriers: [BarrierAccount] = []
        var barrierSlotNext: UInt8 = 0
        var episode: EpisodeAccount?
        var ticks: TickAccount?
        let relay: RelayAccount

        init(session: Int, handOff: Int, _ assignment: Assignment, phaseUntilMs: UInt64) {
            self.session = session
            self.handOff = handOff
            self.assignment = assignment
            self.phaseUntilMs = phaseUntilMs
            let count = assignment.players.count
            isAway = Array(repeating: false, count: count)
            awayUntilMs = Array(repeating: 0, count: count)
            hasFinished = isAway
            lostFor = Array(repeating: nil, count: count)
            connections = Array(repeating: -1, count: count)
            seatTickets = Array(repeating: nil, count: count)
            seatHolders = seatTickets
            isExcluded = isAway
            missedGo = Array(repeating: [], count: count)
            relay = RelayAccount(players: count, assignment.extensions.playRules.relay)
        }

        var count: Int { isAway.count }
        var settings: SessionSettings { assignment.settings }
        var rules: PlayRules { assignment.extensions.playRules }

        /// It is waited for where all are.
        func plays(_ player: Int) -> Bool { !hasFinished[player] && lostFor[player] == nil }

        /// One who may come back is away.
        var isSomebodyAway: Bool { isAway.indices.contains { isAway[$0] && plays($0) } }

        /// For how long it has stood still since it began. No time counts twice, though one may go before the countdown is over.
        func stoodStillMs(_ nowMs: UInt64) -> UInt64 {
            var (stoodStillMs, reachedMs) = (UInt64(0), startMs)
            for pause in pauses + (pausedMs.map { [($0, nowMs)] } ?? []) where pause.toMs > max(pause.fromMs, reachedMs) {
                stoodStillMs += pause.toMs - max(pause.fromMs, reachedMs)
                reachedMs = pause.toMs
            }
            return stoodStillMs
        }

        var isNobodyThere: Bool { connections.allSatisfy { $0 < 0 } }
    }

    /// A barrier that some have reached.
    struct BarrierAccount {
        let name: String
        /// Of its deadline.
        let slot: UInt8
        var isReady: [Bool]
        var untilMs: UInt64
        /// What is left of its time while play stands still.
        var leftMs: UInt64?
    }

    /// The episode that runs, or that all get ready for.
    struct EpisodeAccount {
        enum Stage { case active, resetting, done }

        var number: UInt16
        var stage: Stage
        var hasSaid: [Bool]
        /// When it begins, or getting ready for it did.
        var startMs: UInt64
        var untilMs: UInt64
        var leftMs: UInt64?
        /// Nobody was there to hear where the game went.
        var isUnsure = false
        /// It began when nobody was there, and who has said what of it nobody has heard.
        var isVague = false
    }
}

/// How long something that stands still while play pauses has left.
protocol Pausable {
    var untilMs: UInt64 { get set }
    var leftMs: UInt64? { get set }
}

extension Pausable {
    func isTimeUp(_ nowMs: UInt64) -> Bool { leftMs == nil && untilMs <= nowMs }
    func leftMs(_ nowMs: UInt64) -> UInt64 { leftMs ?? untilMs - min(untilMs, nowMs) }
}

extension Truth.BarrierAccount: Pausable {}
extension Truth.EpisodeAccount: Pausable {}
