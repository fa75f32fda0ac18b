import SessionProtocol

/// How far play is in its episodes.
enum GameLoop: Sendable {
    /// The scene has no rule of episodes: play is one.
    case single
    /// → resetting, done
    case active(Episode)
    /// All get ready for this one. → active
    case resetting(Episode)
    case done
}

struct Episode: Sendable {
    /// From 1.
    let number: UInt16
    /// When it begins, or getting ready for it did, on the boot clock.
    var startMs: UInt64
    /// By player: it has said that the episode is done, or that it is ready for it.
    var hasSaid: [Bool]
    /// What is left of its time while play pauses.
    var leftMs: UInt64?
    /// For how long it had stood still when play last went on.
    var stoodStillMs: UInt64 = 0
}

/// Play in rounds. An episode ends by its players' word or with its time, and then all get ready for the next; both have a
/// deadline. After the last one players are told so, and finish.
extension CoordinatorCore {
    mutating func beginEpisode(
        _ number: UInt16, of session: SessionID, startMs: UInt64, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), case .playing(let play) = details.phase, let rule = details.rules.episodes
        else { return }
        var episode = Episode(number: number, startMs: startMs, hasSaid: details.players.map { _ in false })
        let waitMs = startMs - min(startMs, now.bootMs)
        episode.leftMs = startDeadline(.episode, of: session, in: play, afterMs: waitMs + UInt64(rule.timeoutMs), now)
        tellLoop(.active(episode), of: session, now, &actions)
    }

    private mutating func endEpisode(_ number: UInt16, of session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(let play) = details.phase, let rule = details.rules.episodes
        else { return }
        ledger.clearDeadline(.episode, of: session)
        guard number < rule.count else { return tellLoop(.done, of: session, now, &actions) }
        var next = Episode(number: number + 1, startMs: now.bootMs, hasSaid: details.players.map { _ in false })
        next.leftMs = startDeadline(.episode, of: session, in: play, afterMs: UInt64(rule.resetTimeoutMs), now)
        tellLoop(.resetting(next), of: session, now, &actions)
    }

    private mutating func tellLoop(
        _ loop: GameLoop, of session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let details = ledger.withDetails(session) { details in
            if case .playing(var play) = details.phase {
                play.loop = loop
                details.phase = .playing(play)
            }
            return details
        }
        guard let details else { return }
        for player in details.indices {
            guard let connection = details[player].connection else { continue }
            tellWhereTheGameIs(connection, Seat(session: session, player: player), details, now, &actions)
        }
    }

    /// Says to a player how far the game is, where it has episodes.
    func tellWhereTheGameIs(
        _ connection: ConnectionHandle, _ seat: Seat, _ details: SessionDetails, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard case .playing(let play) = details.phase, let rule = details.rules.episodes else { return }
        let atMs = ledger.deadlineMs(.episode, of: seat.session) ?? now.bootMs
        func left(_ episode: Episode) -> UInt64 { episode.leftMs ?? atMs - min(atMs, now.bootMs) }
        switch play.loop {
        case .single: break
        case .active(let episode):
            actions.append(
                .reply(
                    connection,
                    .episode(
                        episode.number, of: rule.count,
                        details.instant(episode.startMs, pausedMs: play.stoodStillMs(episode, now), for: seat.player, now),
                        deadlineMs: left(episode))))
        case .resetting(let next): actions.append(.reply(connection, .reset(next.number, deadlineMs: left(next))))
        case .done: actions.append(.reply(connection, .done))
        }
    }

    /// A player says that the episode is done. Said of an episode that is over it is late, and means nothing.
    mutating func episodeDone(
        _ number: UInt16?, _ seat: Seat, from connection: ConnectionHandle, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let play = episodes(of: seat, from: connection, &actions) else { return }
        guard case .active(let episode) = play.loop, number ?? episode.number == episode.number else { return }
        said(.active(episode), by: seat, now, &actions)
    }

    /// A player says that it is ready for the next episode.
    mutating func resetDone(
        _ number: UInt16?, _ seat: Seat, from connection: ConnectionHandle, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let play = episodes(of: seat, from: connection, &actions) else { return }
        guard case .resetting(let next) = play.loop, number ?? next.number == next.number else { return }
        said(.resetting(next), by: seat, now, &actions)
    }

    private func episodes(of seat: Seat, from connection: ConnectionHandle, _ actions: inout [CoordinatorAction]) -> Play? {
        guard let details = ledger.details(of: seat.session), case .playing(let play) = details.phase, details.rules.episodes != nil
        else {
            complain(connection, .wrongState, "this scene has no episodes, or play has not begun", &actions)
            return nil
        }
        return play
    }

    private mutating func said(_ loop: GameLoop, by seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        _ = ledger.withDetails(seat.session) { details in
            guard case .playing(var play) = details.phase else { return }
            switch loop {
            case .active(var episode):
                episode.hasSaid[Int(seat.player.number)] = true
                play.loop = .active(episode)
            case .resetting(var next):
                next.hasSaid[Int(seat.player.number)] = true
                play.loop = .resetting(next)
            case .single, .done: break
            }
            details.phase = .playing(play)
        }
        judgeEpisode(seat.session, now, &actions)
    }

    /// Goes on to what comes next when all have said so on whom it depends; one who has finished or is lost, and a bot, are not
    /// asked.
    mutating func judgeEpisode(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(let play) = details.phase, let rule = details.rules.episodes
        else { return }
        switch play.loop {
        case .single, .done: break
        case .active(let episode):
            let isOver =
                switch rule.endsWhen {
                case .allSay: details.silent(in: episode).isEmpty
                case .anySays: details.indices.contains { details[$0].loss == nil && episode.hasSaid[Int($0.number)] }
                }
            if isOver { endEpisode(episode.number, of: session, now, &actions) }
        case .resetting(let next):
            guard details.silent(in: next).isEmpty else { return }
            beginNext(next, of: session, details, now, &actions)
        }
    }

    private mutating func beginNext(
        _ next: Episode, of session: SessionID, _ details: SessionDetails, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let countdownMs = UInt64(details.rules.start?.countdownMs ?? 0)
        ledger.clearDeadline(.episode, of: session)
        beginEpisode(next.number, of: session, startMs: now.bootMs + countdownMs, now, &actions)
    }

    mutating func episodeDeadlinePassed(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(let play) = details.phase else { return }
        switch play.loop {
        case .single, .done: break
        case .active(let episode): endEpisode(episode.number, of: session, now, &actions)
        case .resetting(let next):
            let silent = details.silent(in: next)
            switch details.rules.barriers?.missing ?? .end {
            case .end: end(session, .barrierOver, concerning: silent, now, &actions)
            case .open: beginNext(next, of: session, details, now, &actions)
            case .lose: lose(silent, of: session, .barrierOver, now, &actions)
            }
        }
    }
}

extension SessionDetails {
    /// Those who play, and have not said so of this episode.
    fileprivate func silent(in episode: Episode) -> [PlayerIndex] {
        indices.filter { self[$0].plays && !episode.hasSaid[Int($0.number)] }
    }
}
