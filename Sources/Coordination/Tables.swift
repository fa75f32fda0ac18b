import SessionProtocol

/// What `/v1/state` and metrics show.
extension CoordinatorCore {
    /// The size of every table, index, queue and timer: each is 0 when nobody is connected and no session lives.
    public var tables: [(name: StaticString, count: Int)] {
        var (barriers, replayed, opened, reporting, watched, lost, paused, tried) = (0, 0, 0, 0, 0, 0, 0, 0)
        var (inputs, bundles) = (0, 0)
        for session in ledger.sessions {
            guard let details = ledger.details(of: session) else { continue }
            replayed += details.replay.count
            inputs += details.ticks?.inputCount ?? 0
            bundles += details.ticks?.keptCount ?? 0
            if details.watch != nil { watched += 1 }
            for player in details.players {
                opened += player.opened.count
                lost += player.loss == nil ? 0 : 1
            }
            tried += details.pairs?.triedCount ?? 0
            switch details.phase {
            case .entering: break
            case .validating: reporting += 1
            case .playing(let play):
                barriers += play.barriers.count
                paused += play.pausedMs == nil ? 0 : 1
            }
        }
        return [
            ("sessions", ledger.count), ("subjects", ledger.subjectCount), ("sessionDeadlines", ledger.deadlineCount),
            ("connections", seats.count), ("relayPlaces", places.count), ("validations", reporting), ("pairAttempts", tried),
            ("barriers", barriers),
            ("barriersMissed", opened), ("replayMessages", replayed), ("watches", watched), ("seatsLost", lost), ("paused", paused),
            ("outbox", outbox.count), ("outboxUnpersisted", unpersisted.count), ("tellDeadlines", tellings.count),
            ("clockDeadlines", clockAsks.count), ("tickingSessions", tickQueue.count), ("tickInputs", inputs),
            ("ticksKept", bundles),
        ]
    }

    /// The size of what goes by itself.
    public var expiring: [(name: StaticString, count: Int)] { [("tombstones", ledger.tombstoneCount)] }

    /// Live sessions in a state.
    public func count(in state: SessionState) -> Int { ledger.count(in: state) }

    /// Live sessions.
    public var sessionCount: Int { ledger.count }

    /// Connections that have entered, also those that wait to be told of an end.
    public var connectionCount: Int { seats.count }

    public var isLinkUp: Bool {
        if case .up = link { return true }
        return false
    }

    /// Whether this connection sits in a session, or waits to be told of its end.
    public func hasEntered(_ connection: ConnectionHandle) -> Bool { seats[connection] != nil }

    /// Where a connection sits; nil for one that has not entered.
    public func place(of connection: ConnectionHandle) -> (session: SessionID, player: PlayerIndex)? {
        seats[connection].map { ($0.session, $0.player) }
    }

    /// Sessions whose records a compacted outbox file must keep.
    public var journalSessions: [SessionID] { outbox.keys }

    /// Live sessions of one scene.
    public struct SceneCount: Hashable, Sendable {
        public let scene: SceneID
        public var sessions = 0
        /// Connected players.
        public var players = 0
    }

    /// The scenes that have live sessions, in the order of their oldest.
    public var scenes: [SceneCount] {
        var scenes: [SceneCount] = []
        var positions: [SceneID: Int] = [:]
        for session in ledger.sessions {
            guard let entry = ledger[session] else { continue }
            let position = positions[entry.scene] ?? scenes.count
            if position == scenes.count {
                positions[entry.scene] = position
                scenes.append(SceneCount(scene: entry.scene))
            }
            scenes[position].sessions += 1
            scenes[position].players += entry.details.connections().count
        }
        return scenes
    }
}
