import SessionProtocol

/// What an administrator is told of a session.
public enum SessionAccount: Hashable, Sendable {
    case live(Live)
    /// As long as it is remembered.
    case ended(Outcome)

    public struct Live: Hashable, Sendable {
        public let session: SessionID
        public let scene: SceneID
        public let attempt: Attempt
        public let state: SessionState
        public let treatment: String?
        /// In order of `PlayerIndex`.
        public let players: [Member]
    }

    public struct Member: Hashable, Sendable {
        public let player: PlayerIndex
        public let subject: SubjectID
        public let presence: Presence
        public let hasFinished: Bool
        /// Why the session has gone on without it; whoever is connected then is a bot. Nil while it is in the game.
        public let loss: EndReason?
        public let role: String?
        /// What the session's rule of watching has seen; nil without one.
        public let watch: WatchReport?
    }

    public enum Presence: String, Sendable {
        /// It has never entered.
        case expected
        case connected
        /// It was here, and is not.
        case away
    }

    public struct WatchReport: Hashable, Sendable {
        /// Nil while none has been measured.
        public let roundTripMs: UInt32?
        public let isHidden: Bool
        /// What it has been warned of.
        public let warnings: [WatchedAspect]
    }
}

extension CoordinatorCore {
    /// Nil when no such session is known here, or no longer.
    public func account(of session: SessionID) -> SessionAccount? {
        guard let entry = ledger[session] else {
            return (outbox[session]?.outcome ?? ledger.tombstone(session)?.outcome).map(SessionAccount.ended)
        }
        let details = entry.details
        let members = details.indices.map { player in
            SessionAccount.Member(
                player: player, subject: details.assignment.players[Int(player.number)].subject,
                presence: details[player].presence.account, hasFinished: details[player].result != nil, loss: details[player].loss?.reason,
                role: details.assignment.extensions.condition(of: player).role, watch: details.watch?.report(of: player))
        }
        return .live(
            SessionAccount.Live(
                session: session, scene: entry.scene, attempt: details.assignment.attempt, state: entry.state,
                treatment: details.indices.first.flatMap { details.assignment.extensions.condition(of: $0).treatment },
                players: members))
    }
}

extension Player.Presence {
    fileprivate var account: SessionAccount.Presence {
        switch self {
        case .expected: .expected
        case .connected: .connected
        case .away: .away
        }
    }
}
