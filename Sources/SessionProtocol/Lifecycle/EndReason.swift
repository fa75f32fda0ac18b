/// Why a session ended. Codes are stable: they stand in frames and journals.
public enum EndReason: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    case completed = 1
    case playerLeft = 2
    case playerDisconnected = 3
    case playerExcluded = 4
    case validationFailed = 5
    case validationTimeout = 6
    case noShow = 7
    case waitTimeout = 8
    case allLeft = 9
    case notConfirmed = 10
    case barrierTimeout = 11
    case noCoordinator = 12
    case coordinatorLost = 13
    case cancelled = 14
    case superseded = 15
    case timeLimit = 16
    case shutdown = 17

    /// The name in client messages, logs and outcomes.
    public var description: String {
        switch self {
        case .completed: "completed"
        case .playerLeft: "player_left"
        case .playerDisconnected: "player_disconnected"
        case .playerExcluded: "player_excluded"
        case .validationFailed: "validation_failed"
        case .validationTimeout: "validation_timeout"
        case .noShow: "no_show"
        case .waitTimeout: "wait_timeout"
        case .allLeft: "all_left"
        case .notConfirmed: "not_confirmed"
        case .barrierTimeout: "barrier_timeout"
        case .noCoordinator: "no_coordinator"
        case .coordinatorLost: "coordinator_lost"
        case .cancelled: "cancelled"
        case .superseded: "superseded"
        case .timeLimit: "time_limit"
        case .shutdown: "shutdown"
        }
    }

    /// Reads the name that `description` writes; nil for anything else.
    public init?(name: String) {
        guard let reason = EndReason.allCases.first(where: { $0.description == name }) else { return nil }
        self = reason
    }
}
