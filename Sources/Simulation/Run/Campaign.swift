import SessionProtocol

/// What many runs have come to.
public struct Campaign: Sendable {
    public private(set) var runs = 0
    public private(set) var steps: UInt64 = 0
    public private(set) var events: UInt64 = 0
    public private(set) var virtualMs: UInt64 = 0
    public private(set) var coverage = Coverage()
    /// Runs that broke a promise.
    public private(set) var failures: [RunResult] = []

    public init() {}

    public mutating func add(_ result: RunResult) {
        runs += 1
        steps += result.steps
        events += result.events
        virtualMs += result.virtualMs
        coverage.add(result.coverage)
        if result.violation != nil { failures.append(result) }
    }
}

extension Coverage {
    /// A path or branch, and how often it was reached.
    public struct Line: Hashable, Sendable {
        public let group: String
        public let name: String
        public let count: Int
    }

    /// All that a standard run must reach, and what else was.
    public var lines: [Line] {
        var lines: [Line] = []
        for cause in ExitCause.allCases {
            for state in SessionState.allCases where Coverage.isSeen(cause, in: state) || count(of: cause, in: state) > 0 {
                lines.append(Line(group: "exit", name: "\(cause) × \(state)", count: count(of: cause, in: state)))
            }
        }
        for kind in FaultKind.allCases {
            for side in kind.sides {
                lines.append(Line(group: "fault", name: "\(kind.name) × \(side)", count: count(of: kind, at: side)))
            }
        }
        for quirk in Quirk.allCases { lines.append(Line(group: "quirk", name: quirk.name, count: quirks[quirk.rawValue])) }
        for probe in Probe.allCases { lines.append(Line(group: "branch", name: "\(probe)", count: probes[probe.rawValue])) }
        for name in Set(names.keys).union(Coverage.expectedNames).sorted() {
            lines.append(Line(group: "notice", name: name, count: names[name] ?? 0))
        }
        return lines
    }

    /// What was never reached.
    public var missing: [Line] { lines.filter { $0.count == 0 } }

    /// Notices and errors that the cores give when nobody breaks the link's protocol. Not among them are those that 2,500
    /// seeds have not shown: a refusal as busy, the state of a session that is not current, and a cancel of one that is gone.
    static let expectedNames: Set<String> = [
        "coordinatorUp", "coordinatorDown", "coordinatorDraining", "coordinatorLost", "coordinatorRefused node_in_use",
        "sessionRefused full", "sessionRefused draining", "sessionRefused unsupported", "assignTimedOut",
        "cancelIgnored", "nothingToCancel", "noCoordinator", "stale accepted", "stale ended", "stale holding",
        "adopted", "doubted", "inventoryAsked", "outcomeReleased", "outcome", "treated",
        "fate matched", "fate left", "fate timed_out", "fate refused", "fate disconnected", "fate superseded",
        "fate not_confirmed", "fate cancelled", "fate shutdown",
        "unknownSession drop", "refused full", "refused draining",
        "refused unsupported", "forgotten", "leaseExpired", "entryRefused bad_ticket",
        "entryRefused session_ended", "replayIncomplete", "validated", "validationFailed", "retried", "stale signal", "stale report", "pairLost", "repaired", "fellBack", "excluded itself",
        "excluded server", "excluded administrator", "warned hidden", "warned silent", "warned roundTrip",
        "matchmaker error unknown_scene", "matchmaker error room_full", "matchmaker error draining",
        "matchmaker error party_full", "matchmaker error party_mismatch", "matchmaker error subject_in_use", "matchmaker error wrong_state", "matchmaker error timeout",
        "player error bad_message", "player error wrong_state", "player error rate_limited", "player error bad_ticket",
        "player error session_ended", "player error no_such_player",
    ]
}
