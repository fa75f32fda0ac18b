import Matchmaking
import SessionProtocol

/// Every join that a living matchmaker has read has one fate, and every fate is some join's.
extension World {
    func joinIsRead(on connection: Int) { truth.update(connection) { $0.joinsWithoutFate += 1 } }

    func judge(_ fate: JoinFate) {
        let connection = Int(fate.connection.number)
        let known = truth.connection(connection)
        let who = "connection \(connection) of \(fate.subject)"
        guard known.joinsWithoutFate > 0 else { return fail(.fateTwice, "\(who) has the fate \(fate.kind.rawValue), and joins no more") }
        truth.update(connection) { $0.joinsWithoutFate -= 1 }
        if connections[connection].client != fate.subject.clientIndex {
            fail(.fateTwice, "\(who) has the fate of p\(connections[connection].client)")
        }
        if (fate.kind == .matched) != known.wasMatched, fate.kind != .refused || fate.error != .wrongState {
            fail(.fateWrong, "\(who) has the fate \(fate.kind.rawValue), and heard \(known.wasMatched ? "" : "nothing of ")a match")
        }
        if fate.waitedMs > matchmaker.bootMs(nowUs) { fail(.fateWrong, "\(who) has waited for longer than there was time") }
    }

    /// Nobody is on the connection any more, and the matchmaker knows it.
    func checkFateKnown(_ connection: Int) {
        let left = truth.connection(connection).joinsWithoutFate
        if left > 0 { fail(.fateMissing, "connection \(connection) is gone, and \(left) of its joins have no fate") }
    }

    func checkAllFatesKnown() {
        for (number, connection) in truth.connections.enumerated() where connection.joinsWithoutFate > 0 {
            fail(.fateMissing, "at the end connection \(number) has a join without a fate")
        }
    }

    /// Rule 14: one who waits for a session that may be lost is put back to wait, unless there is nowhere to wait any more.
    func checkNowhereToWait(_ client: Int, on connection: Int) {
        guard truth.joining?.connection != connection, let number = truth.waitsFor[connection],
            let scene = truth[number].handOffs.last?.assignment.scene, served.contains(scene)
        else { return }
        fail(.notRequeued, "p\(client) waits for \(truth[number].id.short) and is sent away, though its scene is there")
    }
}
