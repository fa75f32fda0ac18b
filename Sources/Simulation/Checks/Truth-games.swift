import SessionProtocol

/// Time waited is spent by a game.
extension Truth {
    struct Game {
        let session: Int
        /// By the matchmaker's clock.
        let matchedUnixMs: UInt64
    }

    mutating func noteGame(_ number: Int, of client: Int, matchedUnixMs: UInt64) {
        guard !games[client].contains(where: { $0.session == number }) else { return }
        games[client].append(Game(session: number, matchedUnixMs: matchedUnixMs))
    }

    func games(since claim: ResumeClaim) -> [Game] {
        guard let client = claim.subject.clientIndex else { return [] }
        return games[client].filter { claim.sinceUnixMs <= $0.matchedUnixMs || isLost($0) }
    }

    /// The matchmaker's account of it has gone with a disk.
    private func isLost(_ game: Game) -> Bool {
        !self[game.session].lostOutcomes.isEmpty || self[game.session].handOffs.contains { $0.wasLost }
    }

    /// The subject has been matched since it first waited for this place, and has played, which this life of the matchmaker
    /// was told.
    func isSpent(_ claim: ResumeClaim) -> Bool {
        games(since: claim).contains { game in
            self[game.session].outcome?.endedIn == .playing && duties.endedMs[game.session] != nil && !isLost(game)
        }
    }

    /// The same for all that anybody believes to have been played.
    func mayBeSpent(_ claim: ResumeClaim) -> Bool {
        games(since: claim).contains { game in
            let session = self[game.session]
            return session.mirror == .playing || session.outcome?.endedIn == .playing
                || session.askedOutcome?.endedIn == .playing || session.lostOutcomes.contains { $0.endedIn == .playing }
                || session.ends.contains { $0.outcome.endedIn == .playing }
        }
    }
}
