@testable import Matchmaking

extension RandomWorld {
    /// A party gathers apart, and is whole wherever else it is.
    mutating func checkParties() {
        for id in core.ledger.sessions {
            guard let details = core.ledger[id]?.details else { continue }
            let members = details.room.map { core.members($0) } ?? details.handOff?.members ?? []
            for member in members {
                guard let party = member.party, party.size > 1 else { continue }
                let count = members.count { $0.party == party }
                if let gathering = details.room?.gathers {
                    if gathering != party || count >= party.size || count != members.count { complain("\(party) gathers with others") }
                } else if count != party.size {
                    complain("\(count) of the party \(party) are in a session of \(members.count)")
                }
            }
        }
    }
}
