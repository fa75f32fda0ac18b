import Conversations
import SessionProtocol

@testable import Coordination
@testable import Matchmaking

/// What players do, and what they hear.
extension World {
    func join(_ name: String, _ scene: String, on connection: ConnectionHandle? = nil) {
        let connection = connection ?? ConnectionHandle(number())
        if players[name] == nil { players[name] = Client() }
        // A second connection takes over: what the first one still hears is heard by the same person.
        if let old = players[name]?.connection { older[old] = name }
        players[name]?.connection = connection
        players[name]?.node = nil
        tell(.join(connection, JoinRequest(scene: scene, subject: .of(name), resume: players[name]?.resume)))
        pump()
    }

    func enter(_ name: String) {
        guard let seat = players[name]?.seat else { return complaints.append("\(name) has no seat") }
        let connection = ConnectionHandle(number())
        if let old = players[name]?.connection { older[old] = name }
        players[name]?.connection = connection
        players[name]?.node = seat.node
        tell(seat.node, .enter(connection, seat.session, seat.ticket, received: 0))
        pump()
    }

    func ask(_ name: String, _ request: PlayerRequest) {
        guard let client = players[name], let connection = client.connection, let node = client.node else {
            return complaints.append("\(name) is not at a coordinator")
        }
        tell(node, .request(connection, request))
        pump()
    }

    /// An ordered message to all others.
    func relay(_ name: String) {
        guard let client = players[name], let connection = client.connection, let node = client.node else {
            return complaints.append("\(name) is not at a coordinator")
        }
        var targets = RelayTargets()
        let payload: [UInt8] = [1, 2, 3]
        _ = nodes[node]?.core.relay(from: connection, kind: 0, address: 255, payload: payload.span, now: now, targets: &targets)
        if targets.count != 2 { complaints.append("\(name) reaches \(targets.count) others") }
    }

    func leaveMatchmaker(_ name: String) {
        guard let connection = players[name]?.connection else { return complaints.append("\(name) is not connected") }
        tell(.leave(connection))
        pump()
    }

    func disconnect(_ name: String) {
        guard let client = players[name], let connection = client.connection else { return }
        players[name]?.connection = nil
        if let node = client.node { tell(node, .disconnected(connection)) } else { tell(.disconnected(connection)) }
        pump()
    }

    /// What a player has heard of the fate of its session since then.
    func words(of name: String, since: [String: Int]) -> [String] {
        (players[name]?.heard ?? []).dropFirst(since[name] ?? 0)
            .filter { ["ended", "waiting", "matched", "error"].contains($0.split(separator: " ").first ?? "") }
    }

    var marks: [String: Int] { players.mapValues(\.heard.count) }

    // MARK: Hearing

    func note(_ connection: ConnectionHandle, _ line: String) {
        let name = players.keys.first { players[$0]?.connection == connection } ?? older[connection]
        guard let name else { return complaints.append("\(line) is said to nobody") }
        players[name]?.heard.append(line)
    }

    func hear(_ connection: ConnectionHandle, _ reply: MatchmakerReply) {
        let name = players.keys.first { players[$0]?.connection == connection }
        switch reply {
        case .waiting(let news):
            if let name { players[name]?.resume = news.resume }
            note(connection, "waiting \(news.players)/\(news.needed)")
        case .confirm:
            note(connection, "confirm")
            if answersConfirm { tell(.confirm(connection)) }
        case .matched(let session, _, _, let url, let ticket, _):
            if let name { players[name]?.seat = (session, ticket, url) }
            note(connection, "matched")
        case .ended(let session, let reason, _):
            // A takeover and a room are no ends of a session that has been matched.
            if reason != .superseded, wasMatched(session) {
                if !journal.hasOutcome(of: session) { complaints.append("\(reason) is told before it is durable") }
                if matchmaker.ledger.contains(session) { complaints.append("\(reason) is told of a session that lives") }
            }
            note(connection, "ended \(reason)")
        case .error(let error, _): note(connection, "error \(error.rawValue)")
        }
    }

    func hear(_ connection: ConnectionHandle, _ reply: PlayerReply, at node: String) {
        let name = players.keys.first { players[$0]?.connection == connection }
        switch reply {
        case .entered(_, _, _, let state, _, _, _): note(connection, "entered \(state)")
        case .validate: note(connection, "validate")
        case .retry: note(connection, "retry")
        case .transport(let transport): note(connection, "transport \(transport.rawValue)")
        case .signal: note(connection, "signal")
        case .play(let transport, _, _, _): note(connection, "play \(transport.rawValue)")
        case .clock, .start: break
        case .go: note(connection, "go")
        case .episode(let number, _, _, _): note(connection, "episode \(number)")
        case .reset: note(connection, "reset")
        case .done: note(connection, "done")
        case .paused: note(connection, "paused")
        case .resumed: note(connection, "resumed")
        case .playerLost(_, let reason, _): note(connection, "lost \(reason)")
        case .playerSeated: note(connection, "seated")
        case .peerDisconnected: note(connection, "gone")
        case .peerReconnected: note(connection, "back")
        case .warning, .warningOver: break
        case .ended(let session, let reason, let requeued, let resume, _):
            if nodes[node]?.core.ledger.contains(session) == true {
                // The player is lost to a session that goes on.
                if let name { players[name]?.resume = resume }
                return note(connection, "ended \(reason)")
            }
            let isDown = nodes[node]?.core.isLinkUp == false
            let isDurable = nodes[node]?.disk.hasOutcome(of: session) == true
            if !journal.hasOutcome(of: session), !(isDown && isDurable) {
                complaints.append("\(reason) is told before it is durable")
            }
            if !isDown, matchmaker.ledger.contains(session) { complaints.append("\(reason) is told of a session that lives") }
            if let name { players[name]?.resume = resume }
            note(connection, "ended \(reason)\(requeued ? " requeued" : "")")
        case .error(let error, _): note(connection, "error \(error.rawValue)")
        }
    }

    private func wasMatched(_ session: SessionID) -> Bool {
        transitions.contains { $0.transition.session == session && $0.transition.to == .matched }
    }

    // MARK: What is left

    /// Tables that are not empty, of all processes that run.
    var leftovers: [String] {
        var names = matchmaker.tables.filter { $0.count != 0 }.map { "matchmaker \($0.name) \($0.count)" }
        for (name, node) in nodes.sorted(by: { $0.key < $1.key }) where node.isAlive {
            names += node.core.tables.filter { $0.count != 0 }.map { "\(name) \($0.name) \($0.count)" }
        }
        return names
    }
}
