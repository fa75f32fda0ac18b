import Coordination
import SessionProtocol

/// Clients and their direct connections: some fail at first, some are lost.
extension World {
    func tryAgain(_ peer: PlayerIndex, _ attempt: UInt32, offers: Bool, _ client: Int) {
        guard Int(peer.number) < clients[client].attempts.count || clients[client].players > 0 else { return }
        if clients[client].attempts.count != clients[client].players {
            clients[client].attempts = Array(repeating: 1, count: clients[client].players)
        }
        guard Int(peer.number) < clients[client].attempts.count else { return }
        clients[client].attempts[Int(peer.number)] = attempt
        clients[client].peersToValidate.removeAll { $0 == peer }
        clients[client].peersToValidate.append(peer)
        if offers { ask(.signal(to: peer, data: [123, 125], attempt: attempt), client) }
        later(client, .validate, afterMs: 10...400)
    }

    /// What it says of the attempt; some clients know of no numbers, and some are behind.
    func attempt(with peer: PlayerIndex, _ client: Int) -> UInt32? {
        guard Int(peer.number) < clients[client].attempts.count else { return nil }
        if clients[client].index % 5 == 4 { return nil }
        let attempt = clients[client].attempts[Int(peer.number)]
        return misbehaves(.babble) && clients[client].random.perMille(20) ? attempt - 1 : attempt
    }

    func isMute(_ client: Int) -> Bool { !isHealing && clients[client].random.perMille(plan.quirkPerMille / 8) }

    func mayLosePeer(_ client: Int) {
        guard clients[client].random.perMille(150) else { return }
        later(client, .losePeer, afterMs: 20...1500)
    }

    func losePeer(_ client: Int) {
        guard clients[client].stage == .playing, clients[client].players > 1 else { return }
        let other = (Int(clients[client].player) + 1 + clients[client].random.below(clients[client].players - 1)) % clients[client].players
        guard let peer = PlayerIndex(exactly: other) else { return }
        // Some connections never work again.
        if clients[client].random.perMille(300) { clients[client].accuses = true }
        ask(.peerLost(peer: peer), client)
    }
}
