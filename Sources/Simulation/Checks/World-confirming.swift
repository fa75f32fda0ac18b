import Matchmaking
import SessionProtocol

/// Where a scene asks "still there?", nobody is matched who has not said so, lately and for that very group.
extension World {
    func isAsked(_ deadlineMs: UInt64, _ client: Int, on connection: Int) {
        coverage.count(.asked)
        guard let number = truth.waitsFor[connection], truth[number].atMatchmaker == .waiting else {
            return fail(.mentionedAfterEnd, "p\(client) is asked to confirm, and waits in no room")
        }
        let untilMs = matchmaker.bootMs(nowUs) + deadlineMs
        truth.asked[client] = Truth.Asked(session: number)
        truth.waits.set(connection, atMs: max(truth.connection(connection).waitUntilMs ?? 0, untilMs))
    }

    /// One who is told to wait is asked nothing any more, unless it has just come back.
    func isAskedNoMore(_ client: Int, on connection: Int) {
        if truth.asked[client] == nil || truth.joining?.connection == connection { return }
        coverage.count(.questionOff)
        truth.asked[client] = nil
    }

    func matchmakerHearsConfirm(on connection: Int) {
        let client = connections[connection].client
        guard let number = truth.waitsFor[connection], truth.waitingOn[client] == connection,
            truth.asked[client]?.session == number, truth.asked[client]?.answeredMs == nil
        else { return }
        coverage.count(.confirmed)
        truth.asked[client]?.answeredMs = matchmaker.bootMs(nowUs)
    }

    /// A group is matched for the first time.
    func checkConfirmed(_ assignment: Assignment, _ number: Int) {
        guard let timeoutMs = configured.first(where: { $0.id == assignment.scene })?.confirmTimeoutMs else { return }
        let nowMs = matchmaker.bootMs(nowUs)
        for client in assignment.players.compactMap(\.subject.clientIndex) {
            let asked = truth.asked[client]
            guard asked?.session == number, let answeredMs = asked?.answeredMs else {
                return fail(.unconfirmed, "p\(client) is matched into \(assignment.session.short), and has not said that it is there")
            }
            if nowMs > answeredMs + 2 * timeoutMs {
                return fail(.unconfirmed, "p\(client) is matched into \(assignment.session.short), and has said that it is there \(nowMs - answeredMs) ms ago")
            }
        }
    }
}
