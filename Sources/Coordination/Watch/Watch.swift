import SessionProtocol

/// What is watched of a player.
public enum WatchedAspect: String, CaseIterable, Sendable {
    /// The way to it and back takes too long.
    case roundTrip
    /// Its program says nothing at all.
    case silent
    /// Its page says to be hidden.
    case hidden
}

/// How one session is watched by its scene's rule: since when something is wrong with whom, who has been warned, and who is
/// to go. Time in which this server itself stood still is not held against anybody.
struct Watch: Sendable {
    /// One aspect of one player.
    enum Concern: Sendable, Equatable {
        /// Nothing is wrong. → since
        case none
        /// Something is wrong since then. → warned, none
        case since(UInt64)
        /// It has been told; it goes when it is still so then. → none
        case warned(sinceMs: UInt64, untilMs: UInt64)

        var sinceMs: UInt64? {
            switch self {
            case .none: nil
            case .since(let ms), .warned(let ms, _): ms
            }
        }
    }

    struct Watched: Sendable {
        /// Nil while it is not connected, or has finished.
        var heardMs: UInt64?
        var isHidden = false
        var roundTripMs: UInt32?
        var roundTrip = Concern.none
        var silent = Concern.none
        var hidden = Concern.none

        subscript(aspect: WatchedAspect) -> Concern {
            get {
                switch aspect {
                case .roundTrip: roundTrip
                case .silent: silent
                case .hidden: hidden
                }
            }
            set {
                switch aspect {
                case .roundTrip: roundTrip = newValue
                case .silent: silent = newValue
                case .hidden: hidden = newValue
                }
            }
        }
    }

    /// What has to be said or done of a player.
    enum Step: Equatable {
        case warn(PlayerIndex, WatchedAspect, inMs: UInt64)
        case over(PlayerIndex, WatchedAspect)
        case exclude(PlayerIndex, WatchedAspect)
    }

    let rule: WatchRule
    /// In order of `PlayerIndex`.
    private(set) var players: [Watched]
    /// When all are looked at next.
    private(set) var nextMs: UInt64

    /// Nil when the rule asks for nothing.
    init?(_ rule: WatchRule, playerCount: Int, nowMs: UInt64) {
        guard WatchedAspect.allCases.contains(where: { rule.durationMs(of: $0) > 0 }) else { return nil }
        self.rule = rule
        players = Array(repeating: Watched(), count: playerCount)
        nextMs = nowMs
    }

    subscript(player: PlayerIndex) -> Watched { players[Int(player.number)] }

    /// It is here from now on, by whatever connection; what was wrong with an older one is past.
    mutating func arrived(_ player: PlayerIndex, isHidden: Bool = false, nowMs: UInt64) {
        players[Int(player.number)] = Watched()
        players[Int(player.number)].isHidden = isHidden
        players[Int(player.number)].heardMs = nowMs
    }

    /// It is not here, or has nothing more to do.
    mutating func left(_ player: PlayerIndex) { players[Int(player.number)] = Watched() }

    mutating func heard(_ player: PlayerIndex, nowMs: UInt64) {
        guard let before = players[Int(player.number)].heardMs else { return }
        players[Int(player.number)].heardMs = max(before, nowMs)
    }

    mutating func said(_ player: PlayerIndex, isHidden: Bool) { players[Int(player.number)].isHidden = isHidden }

    mutating func measured(_ player: PlayerIndex, roundTripMs: UInt32?) {
        players[Int(player.number)].roundTripMs = roundTripMs
    }

    func report(of player: PlayerIndex) -> SessionAccount.WatchReport {
        let watched = self[player]
        return SessionAccount.WatchReport(
            roundTripMs: watched.roundTripMs, isHidden: watched.isHidden,
            warnings: WatchedAspect.allCases.filter {
                if case .warned = watched[$0] { true } else { false }
            })
    }

    /// Looks at everybody, and sets when to look again: in `intervalMs`, or when something is due before that.
    mutating func look(nowMs: UInt64, intervalMs: UInt64) -> [Step] {
        if nowMs > nextMs { excuse(nowMs - nextMs) }
        var steps: [Step] = []
        nextMs = nowMs + intervalMs
        for index in players.indices where players[index].heardMs != nil {
            for aspect in WatchedAspect.allCases where rule.durationMs(of: aspect) > 0 {
                look(PlayerIndex(UInt8(index)), aspect, nowMs, &steps)
            }
        }
        return steps
    }

    private mutating func look(_ player: PlayerIndex, _ aspect: WatchedAspect, _ nowMs: UInt64, _ steps: inout [Step]) {
        let index = Int(player.number)
        let before = players[index][aspect]
        guard let onsetMs = onset(players[index], aspect, nowMs) else {
            if case .warned = before { steps.append(.over(player, aspect)) }
            return players[index][aspect] = .none
        }
        let (durationMs, warningMs) = (rule.durationMs(of: aspect), rule.warningMs(of: aspect))
        var untilMs = onsetMs + durationMs
        switch before {
        // It was heard in between, so what it was warned of is over, and may begin anew.
        case .warned(let sinceMs, _) where sinceMs != onsetMs:
            steps.append(.over(player, aspect))
            players[index][aspect] = .since(onsetMs)
        case .warned(_, let promisedMs): untilMs = promisedMs
        case .none, .since:
            players[index][aspect] = .since(onsetMs)
            if warningMs > 0, nowMs + warningMs >= untilMs {
                // Whoever is warned late has the whole warning's time all the same.
                untilMs = nowMs + warningMs
                players[index][aspect] = .warned(sinceMs: onsetMs, untilMs: untilMs)
                steps.append(.warn(player, aspect, inMs: warningMs))
            }
        }
        if untilMs <= nowMs { return steps.append(.exclude(player, aspect)) }
        if case .warned = players[index][aspect] { nextMs = min(nextMs, untilMs) } else { nextMs = min(nextMs, untilMs - warningMs) }
        nextMs = max(nextMs, nowMs + 1)
    }

    /// Since when it is as it should not be; nil when it is not.
    private func onset(_ watched: Watched, _ aspect: WatchedAspect, _ nowMs: UInt64) -> UInt64? {
        let known = watched[aspect].sinceMs
        switch aspect {
        case .roundTrip: return watched.roundTripMs.map { $0 > rule.roundTripMaxMs } == true ? known ?? nowMs : nil
        case .hidden: return watched.isHidden ? known ?? nowMs : nil
        case .silent:
            // A moment of silence is between any two messages.
            guard let heardMs = watched.heardMs, heardMs < nowMs else { return nil }
            return heardMs
        }
    }

    /// Whatever has been said in this time is still to be read.
    private mutating func excuse(_ lateMs: UInt64) {
        for index in players.indices {
            if let heardMs = players[index].heardMs { players[index].heardMs = heardMs + lateMs }
            for aspect in WatchedAspect.allCases {
                switch players[index][aspect] {
                case .none: break
                case .since(let ms): players[index][aspect] = .since(ms + lateMs)
                case .warned(let sinceMs, let untilMs):
                    players[index][aspect] = .warned(sinceMs: sinceMs + lateMs, untilMs: untilMs + lateMs)
                }
            }
        }
    }
}

extension WatchRule {
    /// For how long it has to be so; 0 for never.
    func durationMs(of aspect: WatchedAspect) -> UInt64 {
        switch aspect {
        case .roundTrip: roundTripMaxMs > 0 ? UInt64(roundTripForMs) : 0
        case .silent: UInt64(silentForMs)
        case .hidden: UInt64(hiddenForMs)
        }
    }

    /// How long before the end of that time it is warned. One who is silent is not warned in the first half of it, since
    /// everyone is silent between two messages.
    func warningMs(of aspect: WatchedAspect) -> UInt64 {
        let durationMs = durationMs(of: aspect)
        return min(UInt64(warningMs), aspect == .silent ? durationMs / 2 : durationMs)
    }

    /// How often a client has to be asked for something that it answers, so that nobody who is well is silent for long, and a
    /// way that is too long is measured in time.
    var askEveryMs: UInt64 {
        let shortestMs = [WatchedAspect.roundTrip, .silent].map { durationMs(of: $0) }.filter { $0 > 0 }.min()
        return shortestMs.map { $0 / 4 } ?? .max
    }

    /// Why one is excluded, in words.
    func reason(for aspect: WatchedAspect) -> String {
        switch aspect {
        case .roundTrip: "round trip over \(roundTripMaxMs) ms for \(roundTripForMs) ms"
        case .silent: "silent for \(silentForMs) ms"
        case .hidden: "page hidden for \(hiddenForMs) ms"
        }
    }
}
