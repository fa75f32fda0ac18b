import SessionProtocol

/// What the game of a session in PLAYING is at.
public enum GamePhase: String, CaseIterable, Sendable {
    /// Its start instant is yet to come.
    case inactive
    case active
    /// All get ready for the next episode.
    case resetting
    /// The last episode is over.
    case done
}

extension CoordinatorCore {
    /// How many sessions in PLAYING are in each phase. Read for `/v1/state` only: it goes through all of them.
    public func phases(now: Moment) -> [(phase: GamePhase, count: Int)] {
        var counts = GamePhase.allCases.map { ($0, 0) }
        for session in ledger.sessions {
            guard let details = ledger.details(of: session), case .playing(let play) = details.phase else { continue }
            let phase = play.phase(nowMs: now.bootMs)
            for index in counts.indices where counts[index].0 == phase { counts[index].1 += 1 }
        }
        return counts
    }

    /// What the game of a live session is at; nil before play, and for one that does not live here.
    public func phase(of session: SessionID, now: Moment) -> GamePhase? {
        guard case .playing(let play) = ledger.details(of: session)?.phase else { return nil }
        return play.phase(nowMs: now.bootMs)
    }
}

extension Play {
    func phase(nowMs: UInt64) -> GamePhase {
        switch loop {
        case .single: startMs > nowMs ? .inactive : .active
        // Between episodes it is the countdown that ends the reset.
        case .active(let episode): episode.startMs <= nowMs ? .active : episode.number == 1 ? .inactive : .resetting
        case .resetting: .resetting
        case .done: .done
        }
    }
}
