import Reactor
import WebProtocol

// What becomes of one who does not read what it is sent.
extension WebServer {
    /// Bounds what waits to be read by one client, from now on and beyond what waits already. When there is more it is closed as a slow
    /// reader; with `dropsLatest` the oldest messages go first of which only the latest counts.
    public func limitBacklog(_ id: ConnectionID, bytesMax: Int, dropsLatest: Bool) {
        loop.setBacklog(id, bytesMax: bytesMax, dropsReplaceable: dropsLatest)
    }

    /// Something could not be sent. The application is in the middle of sending, perhaps to many, so it hears of it later.
    func overflowed(_ id: ConnectionID) {
        guard let connection = connection(id), advanceClosing(id, { $0.close() }) else { return }
        connection.phase = .overflowed
        loop.setDeadline(id, at: loop.now)
    }

    /// For the application the client is gone. What waits may still be read for a while, and then why it was closed.
    func giveUpSlowReader(_ connection: WebConnection) {
        connection.phase = .closing
        connection.isOpened = false
        webSocketCount -= 1
        release(connection)
        scratch.removeAll(keepingCapacity: true)
        WebSocketEncoder.appendClose(.slowReader, reason: "slow_reader", to: &scratch)
        let last = scratch
        loop.close(connection.id, behind: last.span)
        application?.webNoticed(.slowReader(client: connection.client))
        application?.webSocketClosed(connection.id)
    }
}
