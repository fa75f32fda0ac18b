import Digests
import Reactor
import WebProtocol

/// The public listener of a server: HTTP/1.1 requests, and WebSockets with their handshakes, deadlines and pings.
public final class WebServer: ConnectionHandler {
    let loop: EventLoop
    let limits: WebLimits
    private(set) unowned var application: (any WebApplication)?
    /// By slot of the connection's id. Nothing is called from inside an access, which is therefore not checked for overlaps:
    /// each message needs some.
    @exclusivity(unchecked) private var slots: ContiguousArray<Slot> = []
    /// WebSockets that the application knows.
    public internal(set) var webSocketCount = 0
    private var listener: Listener?
    /// Of those with an address of their own to count by, while there is a limit.
    var connectionsByAddress: [AddressKey: Int] = [:]
    /// Pings that nobody has seen cannot be answered, which would look like a short way: their numbers are drawn by chance.
    var pings = SeededGenerator(seed: Randomness.bytes(32))
    var scratch: [UInt8] = []

    /// What a message needs to know of its receiver lies beside the reference, since to count one more reference is to wait
    /// for all that was written before it, the replay ring's far memory above all.
    private struct Slot {
        var connection: WebConnection?
        var id: ConnectionID?
        var closing = WebSocketClosing.open
    }

    public init(loop: EventLoop, limits: WebLimits) {
        self.loop = loop
        self.limits = limits
        scratch.reserveCapacity(4096)
    }

    /// Begins to listen for an application, which must outlive the server; the address says the port when 0 was asked for.
    public func listen(
        at address: SocketAddress, connectionsMax: Int, for application: any WebApplication
    ) throws(ReactorError) -> SocketAddress {
        self.application = application
        var listenerLimits = ListenerLimits()
        listenerLimits.connectionsMax = connectionsMax
        listenerLimits.unixPermissions = limits.unixAccess.permissions
        HTTPResponse.text(.serviceUnavailable, "too many connections\n").encode(
            into: &listenerLimits.refusal, closes: true)
        let listener = try loop.listen(at: address, handler: self, limits: listenerLimits)
        self.listener = listener
        return listener.address
    }

    /// Takes no new connections.
    public func stopListening() {
        listener?.close()
        listener = nil
    }

    /// Closes every connection: WebSockets with `code`, others at once.
    public func closeAll(_ code: WebSocketCloseCode, reason: String) {
        for case let connection? in unsafe slots.map(\.connection) {
            if connection.isOpened { close(connection.id, code, reason: reason) } else { loop.abort(connection.id) }
        }
    }

    func connection(_ id: ConnectionID) -> WebConnection? {
        slot(id).flatMap { unsafe slots[$0].connection }
    }

    @inline(__always)
    private func slot(_ id: ConnectionID) -> Int? {
        let slot = Int(id.rawValue & 0xFFFF_FFFF)
        guard unsafe slot < slots.count, unsafe slots[slot].id == id else { return nil }
        return slot
    }

    /// Whether a message, ping or pong may be sent; not after our close frame.
    func maySend(_ id: ConnectionID) -> Bool {
        guard let slot = slot(id) else { return false }
        return unsafe slots[slot].closing.maySend
    }

    /// Takes a step towards the end of a WebSocket, and says whether a close frame has to be sent.
    func advanceClosing(_ id: ConnectionID, _ step: (inout WebSocketClosing) -> Bool) -> Bool {
        guard let slot = slot(id) else { return false }
        return unsafe step(&slots[slot].closing)
    }

    /// Queues what was written into `scratch`. A connection that takes no more is closed by the loop itself.
    func sendScratch(to id: ConnectionID) {
        // A span cannot be borrowed from a property of a class; a second reference to the same buffer can lend one.
        let bytes = scratch
        if loop.send(bytes.span, to: id) == .full { overflowed(id) }
    }

    // MARK: ConnectionHandler

    public func opened(_ id: ConnectionID, peer: SocketAddress) {
        let slot = Int(id.rawValue & 0xFFFF_FFFF)
        while unsafe slots.count <= slot { unsafe slots.append(Slot()) }
        unsafe slots[slot] = Slot(connection: WebConnection(id: id, peer: peer, nowMs: loop.now), id: id)
        loop.setDeadline(id, at: loop.now + limits.requestTimeoutMs)
    }

    public func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
        guard let connection = connection(id) else { return }
        connection.heardMs = loop.now
        connection.hasPinged = false
        var offset = 0
        switch connection.phase {
        case .http:
            readRequests(&bytes, at: &offset, connection)
            // Frames may follow the upgrade in the same bytes.
            if connection.isOpened, connection.phase != .closing { readFrames(&bytes, at: &offset, connection) }
        case .fresh, .webSocket, .overflowed, .closing: readFrames(&bytes, at: &offset, connection)
        }
    }

    public func deadlineReached(_ id: ConnectionID) {
        guard let connection = connection(id) else { return }
        switch connection.phase {
        case .http:
            if connection.isInsideRequest {
                respond(.text(.requestTimeout, "the request did not come in time\n"), to: nil, connection)
            }
            loop.close(id)
        case .fresh: fail(connection, .firstMessageTimeout, ErrorCode.timeout.closeCode, ErrorCode.timeout.rawValue)
        case .webSocket: watch(connection)
        case .overflowed: giveUpSlowReader(connection)
        case .closing: loop.close(id)
        }
    }

    public func drained(_ id: ConnectionID) {}

    public func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {
        guard let connection = connection(id) else { return }
        unsafe slots[Int(id.rawValue & 0xFFFF_FFFF)] = Slot()
        guard connection.isOpened else { return }
        webSocketCount -= 1
        release(connection)
        application?.webSocketClosed(id)
    }

    // MARK: HTTP

    private func readRequests(_ bytes: inout MutableSpan<UInt8>, at offset: inout Int, _ connection: WebConnection) {
        var hasAnswered = false
        do throws(HTTPError) {
            while connection.phase == .http, loop.isOpen(connection.id) {
                guard let request = try connection.parser?.next(bytes.span, at: &offset, limits: limits.http) else { break }
                answer(request, connection)
                hasAnswered = true
            }
        } catch {
            respond(refusal(for: error), to: nil, connection)
            connection.phase = .closing
            loop.close(connection.id)
            return
        }
        guard connection.phase == .http else { return }
        let isInside = connection.parser?.isInsideRequest ?? false
        // The beginning of a further request may come along with the end of one: its time is its own.
        if hasAnswered || isInside != connection.isInsideRequest {
            connection.isInsideRequest = isInside
            let timeoutMs = isInside ? limits.requestTimeoutMs : limits.keepAliveMs
            loop.setDeadline(connection.id, at: loop.now + timeoutMs)
        }
    }

    private func answer(_ request: HTTPRequest, _ connection: WebConnection) {
        if application?.servesWebSocket(at: request.path) == true {
            do throws(WebSocketHandshakeError) {
                let key = try WebSocketHandshake.validate(request)
                if let refusal = refusal(of: request, connection) { return respond(refusal.response, to: request, connection) }
                scratch.removeAll(keepingCapacity: true)
                WebSocketHandshake.encodeAcceptance(key, into: &scratch)
                open(connection)
            } catch {
                respond(error.response, to: request, connection)
            }
            return
        }
        let response = application?.respond(to: request) ?? administered(request, connection)
        respond(response ?? .text(.notFound, "not found\n"), to: request, connection)
    }

    private func respond(_ response: HTTPResponse, to request: HTTPRequest?, _ connection: WebConnection) {
        scratch.removeAll(keepingCapacity: true)
        if let request {
            response.encode(into: &scratch, answering: request)
        } else {
            response.encode(into: &scratch, closes: true)
        }
        sendScratch(to: connection.id)
        guard let request else { return }
        if !request.keepsAlive {
            connection.phase = .closing
            loop.close(connection.id)
        }
    }

    private func open(_ connection: WebConnection) {
        connection.parser = nil
        connection.phase = .fresh
        connection.isOpened = true
        webSocketCount += 1
        sendScratch(to: connection.id)
        loop.setDeadline(connection.id, at: loop.now + limits.firstMessageTimeoutMs)
        application?.webSocketOpened(connection.id, client: connection.client)
    }
}
