import SessionProtocol

/// Play that stands still while one who may come back is away, where the scene wants that. The deadlines of barriers and
/// episodes stand still with it, and so do ticks; the time of play does not, and the grace bounds it.
extension CoordinatorCore {
    /// A player has just gone, and has its grace.
    mutating func pause(for player: PlayerIndex, of session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(var play) = details.phase,
            details.rules.absence?.pauses == true
        else { return }
        if play.pausedMs == nil {
            play.pausedMs = now.bootMs
            for index in play.barriers.indices {
                play.barriers[index].leftMs = stopDeadline(.barrier, slot: play.barriers[index].slot, of: session, now)
            }
            play.loop.change { $0.leftMs = stopDeadline(.episode, of: session, now) }
            _ = ledger.withDetails(session) { $0.phase = .playing(play) }
            pauseTicks(session, now)
        }
        for other in details.connections(except: player) { actions.append(.reply(other, .paused(player))) }
    }

    /// Goes on when nobody is away any more: after the scene's countdown, for which the deadlines stand still too.
    mutating func resumeWhenAllAreBack(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(var play) = details.phase, let pausedMs = play.pausedMs,
            details.away.isEmpty
        else { return }
        // One that was yet to begin begins then, and not before it would have.
        let resumeMs = max(now.bootMs + UInt64(details.rules.start?.countdownMs ?? 0), play.startMs)
        let waitMs = resumeMs - now.bootMs
        let ranFromMs = play.ranFromMs
        play.stoodStillMs += resumeMs - max(pausedMs, ranFromMs)
        play.pausedMs = nil
        play.resumedMs = resumeMs
        for index in play.barriers.indices {
            guard let leftMs = play.barriers[index].leftMs else { continue }
            play.barriers[index].leftMs = nil
            ledger.setDeadline(.barrier, slot: play.barriers[index].slot, of: session, atMs: now.bootMs + waitMs + leftMs)
        }
        let wholeMs = play.loop.wholeMs(details.rules.episodes)
        play.loop.change { episode in
            guard let leftMs = episode.leftMs else { return }
            episode.leftMs = nil
            // What was left of the countdown is behind, since there is a new one.
            if episode.startMs > pausedMs {
                episode.startMs = resumeMs
            } else {
                episode.stoodStillMs += resumeMs - max(pausedMs, ranFromMs)
            }
            ledger.setDeadline(.episode, of: session, atMs: now.bootMs + waitMs + min(leftMs, wholeMs))
        }
        _ = ledger.withDetails(session) { $0.phase = .playing(play) }
        // Ticks that had not begun, or not gone on, do so at that instant too.
        resumeTicks(session, atMs: resumeMs - (ranFromMs - min(ranFromMs, pausedMs)))
        for player in details.indices {
            guard let connection = details[player].connection else { continue }
            actions.append(.reply(connection, .resumed(details.instant(resumeMs, pausedMs: play.stoodStillMs, for: player, now))))
        }
    }

    /// Says to one who is back for whom play still pauses.
    func tellPaused(_ connection: ConnectionHandle, _ details: SessionDetails, _ actions: inout [CoordinatorAction]) {
        guard case .playing(let play) = details.phase, play.pausedMs != nil else { return }
        for player in details.away { actions.append(.reply(connection, .paused(player))) }
    }

    // MARK: Deadlines that stand still

    /// Sets a deadline; returns what is left of it when it does not run, since play pauses.
    mutating func startDeadline(
        _ kind: DeadlineKind, slot: UInt32 = 0, of session: SessionID, in play: Play, afterMs: UInt64, _ now: Moment
    ) -> UInt64? {
        if play.pausedMs != nil { return afterMs }
        ledger.setDeadline(kind, slot: slot, of: session, atMs: now.bootMs + afterMs)
        return nil
    }

    /// Takes a deadline out; returns what is left of it.
    private mutating func stopDeadline(
        _ kind: DeadlineKind, slot: UInt32 = 0, of session: SessionID, _ now: Moment
    ) -> UInt64? {
        guard let atMs = ledger.deadlineMs(kind, slot: slot, of: session) else { return nil }
        ledger.clearDeadline(kind, slot: slot, of: session)
        return atMs - min(atMs, now.bootMs)
    }
}

extension Play {
    /// Since when it runs, were it not paused: its start, or when it last went on. May lie ahead.
    var ranFromMs: UInt64 { max(startMs, resumedMs ?? 0) }

    /// For how long of the time since its start it has stood still until now.
    func stoodStillMs(_ now: Moment) -> UInt64 { stoodStillMs + standsStillMs(since: startMs, now) }

    /// The same of an episode of it.
    func stoodStillMs(_ episode: Episode, _ now: Moment) -> UInt64 {
        episode.stoodStillMs + standsStillMs(since: episode.startMs, now)
    }

    private func standsStillMs(since atMs: UInt64, _ now: Moment) -> UInt64 {
        guard let pausedMs else { return 0 }
        return now.bootMs - min(now.bootMs, max(pausedMs, ranFromMs, atMs))
    }
}

extension GameLoop {
    /// The time that the episode that runs has, without the countdown before it; or that getting ready for it has.
    fileprivate func wholeMs(_ rule: EpisodeRule?) -> UInt64 {
        switch self {
        case .single, .done: 0
        case .active: UInt64(rule?.timeoutMs ?? 0)
        case .resetting: UInt64(rule?.resetTimeoutMs ?? 0)
        }
    }

    /// Changes the episode that runs, or that all get ready for.
    mutating func change(_ body: (inout Episode) -> Void) {
        switch self {
        case .single, .done: break
        case .active(var episode):
            body(&episode)
            self = .active(episode)
        case .resetting(var next):
            body(&next)
            self = .resetting(next)
        }
    }
}
