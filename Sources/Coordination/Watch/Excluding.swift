import SessionProtocol

/// Players whom others than themselves exclude: this server by what it measures, or an administrator. Never another player.
extension CoordinatorCore {
    /// Excludes players of a live session. Those who have finished, or are lost already, are beyond it.
    mutating func exclude(
        _ players: [Exclusion], from session: SessionID, _ cause: ExitCause, by excluder: Excluder, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session) else { return }
        var (concerned, texts): ([PlayerIndex], [String]) = ([], [])
        for exclusion in players {
            let player = exclusion.player
            guard details.isMember(player), details[player].isExcludable, !concerned.contains(player) else { continue }
            concerned.append(player)
            let reason = exclusion.reason.cut(toBytes: limits.detailBytesMax)
            texts.append(reason)
            actions.append(.notice(.excluded(session, player, reason: reason, by: excluder)))
        }
        lose(concerned, of: session, cause, texts: texts, now, &actions)
    }

    /// An administrator ends a session that lives here.
    mutating func cancelHere(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        end(session, .cancelled, now, &actions)
    }
}

extension Player {
    /// It is in the game and has not finished, or a bot is in its seat.
    fileprivate var isExcludable: Bool { result == nil && (loss == nil || connection != nil) }
}

/// A player who is to go, and why, in words.
struct Exclusion {
    let player: PlayerIndex
    let reason: String
}

/// Who excludes a player.
public enum Excluder: String, CaseIterable, Sendable {
    /// Its own client.
    case itself
    /// This server, by the scene's rule and its own measurements.
    case server
    case administrator
}
