import Coordination
import SessionProtocol

/// A relayed message reaches all whom it is for, once and in order, across reconnects too; and nobody else.
extension World {
    /// A coordinator has said what becomes of a binary message.
    func judge(
        relayed kind: UInt8, to address: UInt8, _ word: UInt64, from connection: Int, _ result: RelayResult, _ host: CoordinatorHost
    ) {
        let seat = truth.coordinators[host.number - 1].seats[connection]
        guard let seat, let copy = seat.copy, !copy.isOver else {
            if host.targets.count > 0 { fail(.strangerHeard, "connection \(connection) has no seat, and is heard") }
            return
        }
        let isFit = kind <= 1 && copy.state == .playing && (address == 255 || Int(address) < copy.count && Int(address) != seat.player)
        let mayIt = isFit ? copy.relay.maySend(seat.player, host.bootMs(nowUs)) : nil
        guard case .forwarded(let from) = result else {
            if host.targets.count > 0 { fail(.strangerHeard, "a message that is refused is heard") }
            if isFit, mayIt != false { fail(.orderBroken, "a message of p\(connections[connection].client) is refused, and nothing is wrong with it") }
            if isFit, kind == 0 { coverage.count(.refusedLeftOut) }
            return
        }
        if !isFit || Int(from.number) != seat.player { fail(.strangerHeard, "connection \(connection) speaks to whom it must not, or as another") }
        if mayIt == false { fail(.overLimit, "p\(connections[connection].client) sends more than its scene lets it") }
        copy.relay.spend(seat.player)
        if kind == 0 { copy.relay.append(word, from: seat.player, to: address) }
        var expected = 0
        for (player, target) in copy.connections.enumerated() where target >= 0 && player != seat.player && (address == 255 || player == Int(address)) {
            let isHeard = expected < host.targets.count && Int(host.targets[expected].number) == target
            if !isHeard { return fail(.orderBroken, "p\(connections[target].client) does not hear player \(seat.player)") }
            expected += 1
            guard kind == 0 else { continue }
            copy.relay.said[player] += 1
            if copy.relay.said[player] != copy.relay.ordered[player].count {
                fail(.orderBroken, "p\(connections[target].client) hears a message, and has not heard one before it")
            }
        }
        if host.targets.count != expected { fail(.strangerHeard, "player \(seat.player) is heard by \(host.targets.count), and not by \(expected)") }
    }

    /// What a client has missed comes from where it says that it was.
    func judge(replay bytes: [UInt8], _ from: PlayerIndex, on connection: Int, _ host: CoordinatorHost) {
        guard let seat = truth.coordinators[host.number - 1].seats[connection], let copy = seat.copy, !copy.isOver, bytes.count == 8 else {
            return fail(.strangerHeard, "n\(host.number) replays a game to a connection that has no seat")
        }
        let body = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let word = RelayAccount.word(from.number, UInt32(truncatingIfNeeded: body), UInt32(truncatingIfNeeded: body >> 32))
        let (said, ordered) = (copy.relay.said[seat.player], copy.relay.ordered[seat.player])
        guard said < ordered.count, ordered[said] == word else {
            return fail(.orderBroken, "p\(connections[connection].client) is replayed what is not the next that it has missed")
        }
        copy.relay.said[seat.player] += 1
    }

    /// Nothing is missed that is sure to be kept: all but the eighth that may go at once.
    func checkMissed(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        // Eight bytes each, and six for each.
        let (bytesMax, messagesMax) = (host.limits.replayBytesMax, host.limits.replayMessagesMax)
        let kept = min((bytesMax - bytesMax / 8) / 14, messagesMax - messagesMax / 8) - 1
        if copy.relay.count <= kept { fail(.orderBroken, "of \(copy.relay.count) messages in \(truth[copy.session].id.short) some are missed") }
    }

    /// A client counts what it hears, and hears what its count says.
    func hear(relayed kind: UInt8, _ from: UInt8, _ page: UInt32, _ number: UInt32, _ client: Int) {
        guard kind == 0 else { return }
        guard let relay = clients[client].relay ?? truth.find(clients[client].session).flatMap({ truth[$0].relay }),
            Int(clients[client].player) < relay.ordered.count
        else { return fail(.strangerHeard, "p\(client) hears player \(from) of a game that has not begun") }
        clients[client].relay = relay
        let heard = Int(clients[client].received)
        clients[client].received += 1
        let ordered = relay.ordered[Int(clients[client].player)]
        guard heard < ordered.count, ordered[heard] == RelayAccount.word(from, page, number) else {
            return fail(.orderBroken, "p\(client) hears message \(number) of player \(from), which is not the next for it")
        }
    }
}

extension Truth {
    func find(_ id: SessionID?) -> Int? { id.flatMap { find($0) } }
}
