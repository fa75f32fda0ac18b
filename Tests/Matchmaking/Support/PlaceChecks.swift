@testable import Matchmaking

extension RandomWorld {
    /// Who sits in a room has joined, by the number that the room, its pool and the book of joins have for it, and is in no other.
    mutating func checkPlaces() {
        var seated: Set<JoinNumber> = []
        for id in core.ledger.sessions {
            guard let room = core.ledger[id]?.details.room else { continue }
            for join in room.members {
                if !seated.insert(join).inserted { complain("\(join) sits twice") }
                let member = core.joined[join]
                if core.ledger.session(of: member.subject) != id { complain("\(member.subject) sits in \(id) and is not seated there") }
                guard let connection = member.connection, core.joined.number(of: connection) == join else {
                    complain("\(member.subject) is not known by its connection")
                    continue
                }
                if let unit = member.unit, !core.queues[room.sceneIndex].pool.members(unit).contains(join) {
                    complain("\(member.subject) waits as another")
                }
            }
        }
    }
}
