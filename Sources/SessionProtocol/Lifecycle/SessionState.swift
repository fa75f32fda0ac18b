/// Where a session is in its life. Codes are stable: they stand in frames and journals.
///
///     WAITING ──► MATCHED ──► VALIDATING ──► PLAYING ──► ENDED
///        │           ├───────(no validation)───►│           ▲
///        └───────────┴────────────┴─────────────────────────┘
public enum SessionState: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    case waiting = 1
    case matched = 2
    case validating = 3
    case playing = 4
    case ended = 5

    /// The whole transition table. There is no way back, and none out of `ended`.
    public func allows(_ next: SessionState) -> Bool {
        switch self {
        case .waiting: next == .matched || next == .ended
        case .matched: next == .validating || next == .playing || next == .ended
        case .validating: next == .playing || next == .ended
        case .playing: next == .ended
        case .ended: false
        }
    }

    /// The name in client messages, logs and `/v1/state`.
    public var description: String {
        switch self {
        case .waiting: "waiting"
        case .matched: "matched"
        case .validating: "validating"
        case .playing: "playing"
        case .ended: "ended"
        }
    }
}

/// A change of state that happened, or that was refused.
public struct Transition: Hashable, Sendable {
    public let session: SessionID
    public let scene: SceneID
    public let from: SessionState
    public let to: SessionState
    /// Why, when `to` is `ended`.
    public let reason: EndReason?
    /// Which exit path was taken, in the process that made the verdict; nil where its owner's word is repeated.
    public let cause: ExitCause?
    /// False when the table has no such step: nothing changed then.
    public let isLegal: Bool
}
