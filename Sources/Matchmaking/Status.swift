import SessionProtocol

/// What a matchmaker shows of itself in `/v1/state`.
extension MatchmakerCore {
    /// The size of every table, index, queue and per-session timer; all 0 when nobody is there and nothing lives.
    public var tables: [(name: String, count: Int)] {
        [
            ("sessions", ledger.count),
            ("subjects", ledger.subjectCount),
            ("deadlines", ledger.deadlineCount),
            ("joined", joined.count),
            ("untold", untold.count),
            ("releases", releases.count),
            ("fateDeadlines", fates.count),
            ("openRooms", queues.reduce(0) { $0 + $1.openCount }),
            ("gatheringParties", parties.gatheringCount),
            ("parties", parties.count),
            ("askedRooms", queues.reduce(0) { $0 + $1.askedCount }),
            ("fullRooms", queues.reduce(0) { $0 + $1.formedCount }),
            ("waitingSubjects", queues.reduce(0) { $0 + $1.waiting }),
            ("handOffsToRecord", recording.count),
            ("outcomesToRecord", unrecorded.count),
            ("sessionsInDoubt", hold.map { $0.doubtful.count + $0.claims.count + $0.ends.count + $0.overfull.count } ?? 0),
            ("assignedSessions", coordinators.reduce(0) { $0 + $1.assigned }),
        ] + poolTables
    }

    private var poolTables: [(name: String, count: Int)] {
        var sums: [(name: String, count: Int)] = []
        for queue in queues {
            for (index, table) in queue.pool.tableSizes.enumerated() {
                if index == sums.count { sums.append(table) } else { sums[index].count += table.count }
            }
        }
        return sums
    }

    /// Tables whose entries go by themselves.
    public var expiring: [(name: String, count: Int)] {
        [
            ("tombstones", ledger.tombstoneCount), ("retainedOutcomes", retained.count),
            ("playedSubjects", played.count), ("placesLeft", left.count),
            ("rejections", pairs.apartCount), ("measuredPairs", pairs.measuredCount),
            ("encounters", queues.reduce(0) { $0 + $1.pool.history.count }),
        ]
    }

    /// Live sessions in a state.
    public func count(in state: SessionState) -> Int { ledger.count(in: state) }

    public struct SceneStatus: Sendable {
        public let id: SceneID
        public let groupSize: Int
        public let waiting: Int
        public let isOpen: Bool
        /// The kinds of rules that it has, as the file calls them.
        public let rules: [String]
        public let partySizeMax: Int
        public let roles: RoleRule?
        public let asksToConfirm: Bool
        public let treatments: Int
        /// How many sessions have each of them.
        public let treated: [(treatment: String, sessions: Int)]
        /// The last groups that were put together, the latest last.
        public let recentMatches: [RecentMatch]
        let waits: RecentWaits
        let limits: MatchmakingLimits

        /// About how long one would wait who came now and had to; nil when nobody can know.
        public func estimateMs(_ now: Moment) -> UInt64? { waits.remainingMs(waitedMs: 0, nowMs: now.bootMs, limits) }
    }

    public var sceneStatus: [SceneStatus] {
        scenes.indices.filter(isConfigured).map {
            SceneStatus(
                id: scenes[$0].id, groupSize: scenes[$0].groupSize, waiting: queues[$0].waiting,
                isOpen: scenes[$0].isOpen, rules: scenes[$0].rules.kinds,
                partySizeMax: scenes[$0].rules.partySizeMax, roles: scenes[$0].rules.roles,
                asksToConfirm: scenes[$0].confirmTimeoutMs != nil,
                treatments: scenes[$0].treatments?.treatments.count ?? 0,
                treated: queues[$0].treatments.map { sequence in
                    zip(sequence.plan.treatments, sequence.given).map { ($0.name, $1) }
                } ?? [],
                recentMatches: queues[$0].recent, waits: queues[$0].waits, limits: limits)
        }
    }

    public struct LinkStatus: Sendable {
        public let node: NodeID
        public let incarnation: Incarnation
        public let isUp: Bool
        public let isDraining: Bool
        public let url: String
        public let sessions: Int
        public let capacity: Int
        public let players: Int
    }

    public var linkStatus: [LinkStatus] {
        coordinators.map {
            LinkStatus(
                node: $0.node, incarnation: $0.incarnation, isUp: $0.isReady, isDraining: $0.isDraining, url: $0.url,
                sessions: $0.assigned, capacity: $0.capacity, players: $0.players)
        }
    }

    /// At least one coordinator takes sessions.
    public var hasCoordinator: Bool { coordinators.contains(where: \.takesSessions) }
}

extension MatchmakerCore {
    /// Whether this connection has joined and not been told its end.
    public func hasJoined(_ connection: ConnectionHandle) -> Bool { joined.contains(connection) }

    /// Whose join a connection waits with.
    public func subject(on connection: ConnectionHandle) -> SubjectID? { joined.subject(connection) }

    /// Somebody has joined and has not been told what became of it.
    public var isAwaited: Bool { joined.count > 0 }
}
