/// A promise that was not kept.
public struct Violation: Hashable, Sendable {
    /// What is checked; each case belongs to a promise of the contract, by number, or to its protocols.
    public enum Check: String, CaseIterable, Sendable {
        // 1
        case twinSessions, twinAtMatchmaker
        // 2
        case mentionedAfterEnd, endedTwice, tablesDisagree, leftBehind
        // 3
        case outcomeMissing, outcomeTwice, outcomesDiffer, toldAnother
        // 4
        case toldTooEarly, metAgain, presumptionTold
        // 5
        case stranded, notRequeued, placeLost
        // 6
        case acknowledgedNotDurable, outcomeLost, endedWithoutCause, damagedByOwnWrites, damageUnseen
        // 7
        case deadlinePassed, overdue
        // 8
        case overLimit
        // 9
        case ticketNotNeeded, proofNotNeeded, strangerHeard
        // The rules of scenes.
        case rulesBroken, excludedWithoutEvidence, unheard
        // The protocols.
        case pairMisjudged, unconfirmed, partyParted, treatmentWrong, conditionWrong
        case fateMissing, fateTwice, fateWrong
        case orderBroken, ticksBroken, offeredBeforeDurable, illegalTransition, saidOnClosed

        /// The promise's number; 0 for the protocols.
        public var promise: Int {
            switch self {
            case .twinSessions, .twinAtMatchmaker: 1
            case .mentionedAfterEnd, .endedTwice, .tablesDisagree, .leftBehind: 2
            case .outcomeMissing, .outcomeTwice, .outcomesDiffer, .toldAnother: 3
            case .toldTooEarly, .metAgain, .presumptionTold: 4
            case .stranded, .notRequeued, .placeLost: 5
            case .acknowledgedNotDurable, .outcomeLost, .endedWithoutCause, .damagedByOwnWrites, .damageUnseen: 6
            case .deadlinePassed, .overdue: 7
            case .overLimit: 8
            case .ticketNotNeeded, .proofNotNeeded, .strangerHeard: 9
            case .pairMisjudged, .unconfirmed, .partyParted, .treatmentWrong, .conditionWrong: 0
            case .fateMissing, .fateTwice, .fateWrong: 0
            case .orderBroken, .ticksBroken, .offeredBeforeDurable, .illegalTransition, .saidOnClosed, .rulesBroken,
                .excludedWithoutEvidence, .unheard: 0
            }
        }
    }

    public let check: Check
    public let detail: String
    public let atUs: UInt64
    /// The number of the step that broke it.
    public let step: UInt64

    public var text: String {
        let promise = check.promise == 0 ? "the protocol" : "promise \(check.promise)"
        return "\(promise) is broken (\(check.rawValue)) at \(Milliseconds(atUs)), step \(step): \(detail)"
    }
}

/// Ways to break a promise on purpose: what a shell does wrong, to see its checker fire.
public enum Canary: String, CaseIterable, Sendable {
    /// A coordinator's clock stands still before its lease is over, which outlives the matchmaker's patience.
    case keepsAfterLease
    /// Acknowledges before the record is on disk.
    case acknowledgesEarly
    /// Says that records are on disk as soon as they are asked for.
    case persistsEarly
    /// A matchmaker that starts again does not read its journal.
    case forgetsJournal
    /// Clients' disconnections are never told to the cores.
    case leaksConnections
    /// A coordinator starts again without its outbox.
    case forgetsOutbox
    /// Any ticket is replaced by the right one on its way in.
    case helpsStrangers
    /// A player is told the end before its coordinator says so.
    case tellsEarly
    /// The core is never asked to do what has fallen due.
    case missesDeadlines
    /// A matchmaker's end of a wait is never said.
    case swallowsEnds
    /// Outcomes are written down twice.
    case recordsTwice
    /// One who goes back to wait is not told so.
    case hidesRequeue
    /// What is due is done after input that came later.
    case inputFirst
    /// Relayed messages are lost now and then.
    case losesMessages
    /// Not all players get the same bundle of a tick.
    case mixesBundles
}
