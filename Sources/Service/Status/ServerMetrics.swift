import Reactor
import SessionProtocol

/// The figures that both servers keep. Names follow Prometheus: counters end in `_total`, units are base units.
public final class ServerMetrics {
    public let registry: Metrics
    public let transitions: CounterFamily<SessionState>
    public let illegalTransitions: Counter
    public let ends: CounterFamily<EndReason>
    /// Verdicts that this process made; those of its peer count there.
    public let exits: CounterFamily<ExitCause>
    public let errors: Counter
    public let reloads: CounterFamily<ReloadResult>
    let upgradesRefused: CounterFamily<UpgradeRefusal>
    let unreadableProxyHeaders: Counter
    let slowReaders: Counter

    /// - Parameter state: what `/v1/state` says; read at each scrape.
    public init(role: String, loop: EventLoop, journal: Journal, state: @escaping () -> ServerState) {
        let registry = Metrics()
        self.registry = registry
        registry.info("greenroom_build_info", help: "What runs here.", ["role": role, "version": Version.text])
        transitions = registry.counters(
            "greenroom_transitions_total", help: "Sessions that entered a state.", label: "state",
            of: SessionState.self
        ) { $0.description }
        illegalTransitions = registry.counter(
            "greenroom_illegal_transitions_total", help: "Changes of state that the lifecycle refused.")
        ends = registry.counters(
            "greenroom_sessions_ended_total", help: "Sessions that ended, by reason.", label: "reason",
            of: EndReason.self
        ) { $0.description }
        exits = registry.counters(
            "greenroom_exits_total", help: "Sessions whose end this process decided, by cause.", label: "cause",
            of: ExitCause.self
        ) { $0.description }
        errors = registry.counter("greenroom_client_errors_total", help: "Errors told to clients.")
        reloads = registry.counters(
            "greenroom_reloads_total", help: "Times that SIGHUP made this process read its configuration again, by what came of it.",
            label: "result", of: ReloadResult.self
        ) { $0.rawValue }
        upgradesRefused = registry.counters(
            "greenroom_upgrades_refused_total", help: "WebSockets that were not opened, by reason.", label: "reason",
            of: UpgradeRefusal.self
        ) { $0.rawValue }
        slowReaders = registry.counter(
            "greenroom_slow_readers_total", help: "Players disconnected because too much of what they were sent waited to be read.")
        unreadableProxyHeaders = registry.counter(
            "greenroom_proxy_headers_unreadable_total",
            help: "Requests of trusted proxies that did not say in a way that can be read for whom they ask.")
        let first = state()
        registry.gauges(
            "greenroom_sessions", help: "Live sessions, by state.", label: "state",
            values: first.sessions.map(\.state.description)
        ) { Double(state().sessions[$0].count) }
        registry.gauges(
            "greenroom_table_entries", help: "Size of each table, index, queue and timer; 0 when nobody is there.",
            label: "table", values: first.tables.map(\.name)
        ) { Double(state().tables[$0].count) }
        registry.counter("greenroom_connections_accepted_total", help: "Connections accepted.") {
            Double(loop.counters.accepted)
        }
        registry.counter("greenroom_connections_refused_total", help: "Connections turned away at the limit.") {
            Double(loop.counters.refused)
        }
        registry.counter("greenroom_received_bytes_total", help: "Bytes received on all connections.") {
            Double(loop.counters.bytesIn)
        }
        registry.counter("greenroom_sent_bytes_total", help: "Bytes sent on all connections.") {
            Double(loop.counters.bytesOut)
        }
        registry.counter("greenroom_outbound_overflows_total", help: "Connections closed because they did not read.") {
            Double(loop.counters.overflows)
        }
        journal.declareMetrics(in: registry)
    }

    /// Counts and logs a change of state.
    public func record(_ transition: Transition, _ logger: Logger) {
        if transition.isLegal {
            add(transition)
            logger.info(
                "transition",
                [
                    "session": .string(transition.session.description), "scene": .string(transition.scene.name),
                    "from": .string(transition.from.description), "to": .string(transition.to.description),
                    "reason": .optional(transition.reason?.description),
                    "cause": .optional(transition.cause?.description),
                ])
        } else {
            registry.add(illegalTransitions)
            logger.error(
                "illegal_transition",
                [
                    "session": .string(transition.session.description), "scene": .string(transition.scene.name),
                    "from": .string(transition.from.description), "to": .string(transition.to.description),
                ])
        }
    }

    private func add(_ transition: Transition) {
        registry.add(transitions[transition.to])
        if let reason = transition.reason { registry.add(ends[reason]) }
        if let cause = transition.cause { registry.add(exits[cause]) }
    }
}

extension Logger {
    /// One line for the record of a session's end.
    public func log(_ outcome: Outcome) {
        func names(_ isIncluded: (PlayerOutcome) -> Bool) -> LogValue {
            let names = outcome.players.filter(isIncluded).map(\.subject.name)
            return names.isEmpty ? .absent : .string(names.joined(separator: ","))
        }
        let roles = outcome.extensions.roles.map { "\(outcome.players[Int($0.player.number)].subject.name)=\($0.name)" }
        let roundTrips = outcome.roundTrips.map { "\($0.pair.lower)-\($0.pair.higher)=\(Double($0.roundTripUs) / 1000)" }
        let losses = outcome.losses.map { "\(outcome.players[Int($0.player.number)].subject.name)=\($0.reason)" }
        info(
            "outcome",
            [
                "session": .string(outcome.session.description), "scene": .string(outcome.scene.name),
                "reason": .string(outcome.reason.description), "ended_in": .string(outcome.endedIn.description),
                "attempt": .int(Int(outcome.attempt.number)), "presumed": outcome.isPresumed ? .bool(true) : .absent,
                "players": .int(outcome.players.count), "blamed": names(\.isBlamed), "requeued": names(\.isRequeued),
                "lost": losses.isEmpty ? .absent : .string(losses.joined(separator: ",")),
                "treatment": .optional(outcome.treatment),
                "roles": roles.isEmpty ? .absent : .string(roles.joined(separator: ",")),
                "round_trips_ms": roundTrips.isEmpty ? .absent : .string(roundTrips.joined(separator: ",")),
            ])
    }
}
