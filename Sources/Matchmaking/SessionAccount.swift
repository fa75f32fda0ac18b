import SessionProtocol

/// What an administrator is told of a session.
public enum SessionAccount: Hashable, Sendable {
    case live(Live)
    /// As long as it is remembered.
    case ended(Outcome)

    public struct Live: Hashable, Sendable {
        public let session: SessionID
        public let scene: SceneID
        public let state: SessionState
        public let members: Int
        /// Where it is, or is being handed to.
        public let coordinator: NodeID?
        /// Its owner is asked to end it. That is asked again whenever it may have been missed, but a restart of this process
        /// forgets it.
        public let isCancelling: Bool
    }
}

extension MatchmakerCore {
    /// Nil when no such session is known here, or no longer.
    public func account(of session: SessionID) -> SessionAccount? {
        guard let entry = ledger[session] else { return (ledger.tombstone(session)?.outcome).map(SessionAccount.ended) }
        switch entry.details {
        case .room(let room):
            return .live(
                SessionAccount.Live(
                    session: session, scene: entry.scene, state: entry.state, members: room.members.count, coordinator: nil,
                    isCancelling: false))
        case .handOff(let handOff):
            return .live(
                SessionAccount.Live(
                    session: session, scene: entry.scene, state: entry.state, members: handOff.members.count,
                    coordinator: handOff.node, isCancelling: handOff.cancel != nil))
        }
    }
}
