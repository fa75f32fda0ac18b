import Coordination
import Matchmaking
import SessionProtocol

/// Rare branches and checks that a run may reach; in the standard run each must be.
public enum Probe: Int, CaseIterable, Sendable {
    // The world.
    case killedWhileStarting, journalWasMissing, outboxWasMissing, tornTail, stoppedInOrder, storageFailed, storageBack, compaction
    case damagedJournalAccepted, damagedOutboxAccepted, scatteredJournalAccepted
    case answerCutOff, journalLostOvertaken, journalDamagedOvertaken
    case frameRefused, handshakeTimeout, handshakeFailed
    // What promises are about.
    case releasedOutcomeRepeated, twinsProbed, presumedLost, presumptionReplaced, toldAfterAck, toldWithoutLink, toldByMatchmaker
    case releaseRestored, placeTakenOver, creditSpent
    case rejoinedAfterEnd, survivorsRequeued, placeRestored, leaseRanOut, staleEndAcknowledged, provedNothing
    case asked, confirmed, questionOff, nameStolen
    case partyGathers, partyMatched, takenOverByToken, quotaFilled, blockFilled, roleTold
    case matchedByPings, matchedByRegions, matchedByMeasure, pairMeasured, matchedWithBots, matchedSmaller, matchedStrangers, matchedAgain
    case lossTold, lossToldAgain, lossToldByMatchmaker, lossInOutcome, lostPlaysElsewhere, paused, resumed, episodeBegun
    case seatOffered, botSeated, botTold, barrierOpenedWithout
    case superseded, matchedTold, entered, replaced, replayed, barrierOpened, ticked, inputHeard, ticksReplayed, refusedLeftOut, swept, settled, staleProbed
}

/// How often each exit path and each rare branch was reached.
public struct Coverage: Hashable, Sendable {
    public private(set) var probes = Array(repeating: 0, count: Probe.allCases.count)
    public private(set) var faults = Array(repeating: 0, count: FaultKind.allCases.count * FaultKind.Side.allCases.count)
    public private(set) var quirks = Array(repeating: 0, count: Quirk.allCases.count)
    /// The table of exit paths, by cause and state.
    public private(set) var exits = Array(repeating: 0, count: 256 * 8)
    /// Notices and errors by name.
    public private(set) var names: [String: Int] = [:]

    public init() {}

    @inline(__always)
    mutating func count(_ probe: Probe) { probes[probe.rawValue] += 1 }
    mutating func count(_ fault: Fault) { faults[Coverage.index(fault.kind, fault.side)] += 1 }
    mutating func count(_ quirk: Quirk) { quirks[quirk.rawValue] += 1 }
    mutating func count(_ cause: ExitCause, _ state: SessionState) { exits[Coverage.index(cause, state)] += 1 }
    mutating func count(_ error: MatchmakerError) { names["matchmaker error \(error.rawValue)", default: 0] += 1 }
    mutating func count(_ error: PlayerError) { names["player error \(error.rawValue)", default: 0] += 1 }
    mutating func count(_ notice: MatchmakerNotice) { names[notice.name, default: 0] += 1 }
    mutating func count(_ notice: CoordinatorNotice) { names[notice.name, default: 0] += 1 }

    private static func index(_ cause: ExitCause, _ state: SessionState) -> Int {
        Int(cause.rawValue) * 8 + Int(state.rawValue)
    }

    private static func index(_ kind: FaultKind, _ side: FaultKind.Side) -> Int {
        kind.rawValue * FaultKind.Side.allCases.count + side.rawValue
    }

    /// How often a fault befell this side.
    func count(of kind: FaultKind, at side: FaultKind.Side) -> Int { faults[Coverage.index(kind, side)] }

    /// How often this cause met a session in this state.
    public func count(of cause: ExitCause, in state: SessionState) -> Int { exits[Coverage.index(cause, state)] }

    /// Adds what another run has reached.
    public mutating func add(_ other: Coverage) {
        for index in probes.indices { probes[index] += other.probes[index] }
        for index in faults.indices { faults[index] += other.faults[index] }
        for index in quirks.indices { quirks[index] += other.quirks[index] }
        for index in exits.indices { exits[index] += other.exits[index] }
        names.merge(other.names) { $0 + $1 }
    }
}

extension MatchmakerNotice {
    var name: String {
        switch self {
        case .coordinatorUp: "coordinatorUp"
        case .coordinatorDown: "coordinatorDown"
        case .coordinatorDraining: "coordinatorDraining"
        case .coordinatorLost: "coordinatorLost"
        case .coordinatorRefused(_, let code): "coordinatorRefused \(code)"
        case .sessionRefused(_, _, let reason): "sessionRefused \(reason)"
        case .assignTimedOut: "assignTimedOut"
        case .cancelIgnored: "cancelIgnored"
        case .nothingToCancel: "nothingToCancel"
        case .inventoryAsked: "inventoryAsked"
        case .outcomeReleased: "outcomeReleased"
        case .formed: "formed"
        case .noCoordinator: "noCoordinator"
        case .stale(let kind, _): "stale \(kind)"
        case .adopted: "adopted"
        case .doubted: "doubted"
        case .outcome: "outcome"
        case .treated: "treated"
        case .fate(let fate): "fate \(fate.kind.rawValue)"
        }
    }
}

extension CoordinatorNotice {
    var name: String {
        switch self {
        case .unexpectedMessage(let kind): "unexpectedMessage \(kind)"
        case .discarded(let kind): "discarded \(kind)"
        case .linkRejected(let reject): "linkRejected \(reject.code)"
        case .unknownSession(let kind, _): "unknownSession \(kind)"
        case .staleAttempt(let kind, _, _): "staleAttempt \(kind)"
        case .refused(_, _, let reason): "refused \(reason)"
        case .forgotten: "forgotten"
        case .leaseExpired: "leaseExpired"
        case .entryRefused(_, let error): "entryRefused \(error.rawValue)"
        case .replayIncomplete: "replayIncomplete"
        case .ticksMissed: "ticksMissed"
        case .ticksSkipped: "ticksSkipped"
        case .validated: "validated"
        case .measured: "measured"
        case .validationFailed: "validationFailed"
        case .retried: "retried"
        case .stale(_, _, let word): "stale \(word.rawValue)"
        case .pairLost: "pairLost"
        case .repaired: "repaired"
        case .fellBack: "fellBack"
        case .excluded(_, _, _, let excluder): "excluded \(excluder)"
        case .warned(_, _, let aspect): "warned \(aspect)"
        case .lost(_, let loss): "lost \(loss.reason)"
        case .seatOffer(_, _, let offer): "seatOffer \(offer)"
        }
    }
}
