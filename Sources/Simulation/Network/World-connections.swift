import Coordination
import Matchmaking
import SessionProtocol

/// The WebSockets of clients: whole messages, in order, late or never.
extension World {
    /// Opens a connection; the first message follows at once.
    func connect(_ client: Int, to server: Int) -> Int {
        let host = host(server)
        let number = connections.count
        connections.append(ClientConnection(client: client, server: server, serverLife: host.life))
        if !host.isRunning || !host.acceptsClients {
            queue.put(.toClient(number, .refused), atUs: nowUs + clientLatencyUs(client) * 2)
        }
        return number
    }

    private func clientLatencyUs(_ client: Int) -> UInt64 {
        let isSlow = clients[client].isSlowUntilUs > nowUs
        let slowUs: UInt64 = isSlow ? clients[client].random.between(200_000, 2_000_000) : 0
        return clients[client].random.between(1_000, 30_000) + slowUs
    }

    /// A client says something.
    func send(_ message: ClientMessage, on connection: Int) {
        guard connection >= 0, connections[connection].isOpenAtClient, !connections[connection].isSilent else { return }
        let atUs = max(nowUs + clientLatencyUs(connections[connection].client), connections[connection].toServerLastUs)
        connections[connection].toServerLastUs = atUs
        queue.put(.toServer(connection, message), atUs: atUs)
    }

    /// A client's message reaches the machine of its server.
    func arrive(_ message: ClientMessage, at connection: Int) {
        let server = connections[connection].server
        let host = host(server)
        let socket = connections[connection]
        // Nothing is heard behind a close.
        if socket.wasOpenAtServer, !socket.isOpenAtServer { return }
        guard host.life == socket.serverLife, host.isRunning, socket.isOpenAtServer || host.acceptsClients else {
            // A reset is the answer, once.
            connections[connection].wasOpenAtServer = true
            if !socket.isSilent { queue.put(.toClient(connection, .closed), atUs: nowUs + clientLatencyUs(socket.client)) }
            return
        }
        if !socket.isOpenAtServer {
            if case .hangUp = message { return }
            connections[connection].isOpenAtServer = true
            connections[connection].wasOpenAtServer = true
            host.connections.append(connection)
        }
        if case .hangUp = message { connections[connection].isOpenAtServer = false }
        mix(UInt64(connection))
        queue.put(.input(server, life: host.life, .client(connection, message)), atUs: nowUs)
    }

    /// A shell gives its core nothing more of a connection that it has closed, but that it is gone.
    func isHeard(_ message: ClientMessage, on connection: Int) -> Bool {
        if case .hangUp = message { return true }
        return !connections[connection].isClosedByServer
    }

    /// A server says something to a client.
    func say(_ message: ServerMessage, on connection: Int) {
        guard connection < connections.count, connections[connection].isOpenAtServer else { return }
        carry(message, on: connection)
    }

    private func carry(_ message: ServerMessage, on connection: Int) {
        if connections[connection].isSilent { return }
        let atUs = max(nowUs + clientLatencyUs(connections[connection].client), connections[connection].toClientLastUs)
        connections[connection].toClientLastUs = atUs
        queue.put(.toClient(connection, message), atUs: atUs)
    }

    /// A server closes a client's connection behind what it has said; later its core hears that it is gone.
    func closeFromServer(_ connection: Int) {
        guard connection < connections.count else { return }
        connections[connection].isClosedByServer = true
        guard connections[connection].isOpenAtServer else { return }
        carry(.closed, on: connection)
        connections[connection].isOpenAtServer = false
        let client = connections[connection].client
        let life = connections[connection].serverLife
        queue.put(
            .input(connections[connection].server, life: life, .client(connection, .hangUp)),
            atUs: nowUs + clientLatencyUs(client) * 2)
    }

    /// A server's process is gone.
    func serverCloses(_ connection: Int, silently: Bool) {
        if silently {
            connections[connection].isSilent = true
            queue.put(.toClient(connection, .closed), atUs: nowUs + random.between(1_000_000, 10_000_000))
        } else {
            carry(.closed, on: connection)
        }
        connections[connection].isOpenAtServer = false
    }

    /// A client closes its connection.
    func hangUp(_ connection: Int) {
        guard connection >= 0, connections[connection].isOpenAtClient else { return }
        send(.hangUp, on: connection)
        connections[connection].isOpenAtClient = false
    }

    /// A client's connection is lost, and its server learns of it only after a while.
    func loseSilently(_ connection: Int) {
        guard connection >= 0, connections[connection].isOpenAtClient else { return }
        connections[connection].isSilent = true
        connections[connection].isOpenAtClient = false
        let atUs = nowUs + random.between(100_000, 8_000_000)
        queue.put(.toServer(connection, .hangUp), atUs: atUs)
    }
}
