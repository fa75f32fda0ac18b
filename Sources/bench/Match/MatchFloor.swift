import Digests
import SessionProtocol

/// What no core that knows its subjects by name can go below: a hash table of as many names as wait, into which one comes
/// and from which the oldest goes. With many it is the memory's latency, which is the machine's and grows with them too.
enum MatchFloor {
    static func nsPerJoin(waiting: Int, joins: Int) throws(BenchError) -> Double {
        var table: [SubjectID: UInt64] = [:]
        var names: [SubjectID] = []
        for number in 0..<(waiting + joins) {
            guard let name = try? SubjectID("participant-\(number)") else { throw .failure("no name for a subject") }
            names.append(name)
        }
        for number in 0..<waiting { table[names[number]] = UInt64(number) }
        let ns = MatchMeasure.timed {
            for number in 0..<joins {
                table[names[waiting + number]] = UInt64(number)
                table[names[number]] = nil
            }
        }
        guard table.count == waiting else { throw .failure("the table has lost somebody") }
        return ns / Double(joins)
    }

    /// What no join can do without that keeps its promises, and nothing else of it: who comes is found again by its name, its
    /// connection and its session, each in a table of as many as wait, and is told a signed place.
    static func nsPerLeastJoin(waiting: Int, joins: Int, seed: UInt64) throws(BenchError) -> Double {
        guard let scene = try? SceneID(MatchScene.id) else { throw .failure("no name for a scene") }
        var random = SeededGenerator(number: seed)
        let signer = ResumeSigner(key: Array("bench".utf8))
        var claims: [ResumeClaim] = []
        for number in 0..<(waiting + joins) {
            guard let name = try? SubjectID("participant-\(number)") else { throw .failure("no name for a subject") }
            claims.append(
                ResumeClaim(
                    kind: .place, scene: scene, subject: name,
                    session: SessionID(high: random.next(), low: random.next()), sinceUnixMs: 0, expiresUnixMs: .max))
        }
        var names: [SubjectID: UInt64] = [:]
        var connections: [ConnectionHandle: UInt64] = [:]
        var sessions: [SessionID: UInt64] = [:]
        func come(_ number: Int) {
            names[claims[number].subject] = UInt64(number)
            connections[ConnectionHandle(UInt64(number))] = UInt64(number)
            sessions[claims[number].session] = UInt64(number)
        }
        for number in 0..<waiting { come(number) }
        var bytes = 0
        let ns = MatchMeasure.timed {
            for number in waiting..<(waiting + joins) {
                come(number)
                bytes += signer.text(of: claims[number]).utf8.count
            }
        }
        guard sessions.count == waiting + joins, bytes > joins else { throw .failure("the tables have lost somebody") }
        return ns / Double(joins)
    }
}
