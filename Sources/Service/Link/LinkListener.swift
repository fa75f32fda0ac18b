import Reactor
import SessionProtocol

/// What a matchmaker hears of its coordinators.
public protocol LinkListenerDelegate: AnyObject {
    /// `version` is that of the protocol, which the two agreed on.
    func linkProven(_ link: ConnectionID, _ hello: Hello, version: UInt8, peer: SocketAddress)
    func linkReceived(_ message: Message, from link: ConnectionID)
    /// Only for links that were proven.
    func linkClosed(_ link: ConnectionID, _ end: LinkEnd)
    /// A stranger, or a coordinator with another secret.
    func linkRefused(peer: SocketAddress, _ end: LinkEnd)
}

/// The matchmaker's end of all links: accepts coordinators, has them prove themselves, and cuts their bytes into messages.
public final class LinkListener: ConnectionHandler {
    private struct Peer {
        let address: SocketAddress
        var decoder = FrameDecoder(version: ProtocolVersion.first)
        var handshake: MatchmakerHandshake
        var isProven = false
        var end: LinkEnd?
    }

    private let loop: EventLoop
    private let limits: LinkLimits
    private let identity: NodeIdentity
    private let secret: [UInt8]
    private unowned let delegate: any LinkListenerDelegate
    private var peers: [ConnectionID: Peer] = [:]
    private var listener: Listener?
    private var scratch: [UInt8] = []

    public init(
        loop: EventLoop, limits: LinkLimits, identity: NodeIdentity, secret: [UInt8],
        delegate: any LinkListenerDelegate
    ) {
        self.loop = loop
        self.limits = limits
        self.identity = identity
        self.secret = secret
        self.delegate = delegate
    }

    public func listen(at address: SocketAddress) throws(ReactorError) -> SocketAddress {
        var listenerLimits = ListenerLimits()
        listenerLimits.connectionsMax = limits.linksMax
        listenerLimits.outboundBytesMax = limits.outboundBytesMax
        let listener = try loop.listen(at: address, handler: self, limits: listenerLimits)
        self.listener = listener
        return listener.address
    }

    public func send(_ message: Message, to link: ConnectionID) {
        guard let version = peers[link]?.decoder.version else { return }
        loop.send(message, version: version, to: link, scratch: &scratch)
    }

    /// Says why, and hangs up.
    public func close(_ link: ConnectionID, _ reject: Reject?) {
        guard peers[link] != nil else { return }
        if let reject { loop.send(.reject(reject), version: ProtocolVersion.first, to: link, scratch: &scratch) }
        if peers[link]?.end == nil { peers[link]?.end = .closed(reject.map { "\($0.code): \($0.detail)" } ?? "given up") }
        loop.close(link)
    }

    /// Hangs up on every coordinator and takes no new one.
    public func stop() {
        listener?.close()
        listener = nil
        for link in peers.keys.sorted() { loop.close(link) }
    }

    // MARK: ConnectionHandler

    public func opened(_ id: ConnectionID, peer: SocketAddress) {
        let handshake = MatchmakerHandshake(identity: identity, secret: secret, nonce: Randomness.bytes(32))
        peers[id] = Peer(address: peer, handshake: handshake)
        loop.setDeadline(id, at: loop.now + limits.handshakeTimeoutMs)
    }

    public func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
        var position = 0
        do {
            while peers[id]?.end == nil, let message = try peers[id]?.decoder.next(from: bytes.span, at: &position) {
                try take(message, id)
            }
        } catch let error as WireError {
            give(up: id, .wire(error), Reject(code: .malformed, detail: "\(error)"))
        } catch let error as HandshakeError {
            give(up: id, .handshake(error), error.reject)
        } catch {
            preconditionFailure("frames and handshakes fail in two ways")
        }
    }

    private func take(_ message: Message, _ id: ConnectionID) throws {
        if peers[id]?.isProven == true {
            if case .reject(let reject) = message {
                peers[id]?.end = .rejected(reject)
                loop.close(id)
            } else {
                delegate.linkReceived(message, from: id)
            }
            return
        }
        guard let step = try peers[id]?.handshake.receive(message), let address = peers[id]?.address else { return }
        switch step {
        case .send(let reply): loop.send(reply, version: ProtocolVersion.first, to: id, scratch: &scratch)
        case .proven(let hello):
            let version = peers[id]?.handshake.version ?? ProtocolVersion.first
            peers[id]?.isProven = true
            peers[id]?.decoder.version = version
            loop.setDeadline(id, at: nil)
            delegate.linkProven(id, hello, version: version, peer: address)
        }
    }

    private func give(up id: ConnectionID, _ end: LinkEnd, _ reject: Reject?) {
        if peers[id]?.end == nil { peers[id]?.end = end }
        if let reject { loop.send(.reject(reject), version: ProtocolVersion.first, to: id, scratch: &scratch) }
        loop.close(id)
    }

    public func deadlineReached(_ id: ConnectionID) {
        give(up: id, .handshakeTimeout, Reject(code: .handshakeTimeout, detail: "\(LinkEnd.handshakeTimeout)"))
    }

    public func drained(_ id: ConnectionID) {}

    public func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {
        guard let peer = peers.removeValue(forKey: id) else { return }
        let end = peer.end ?? .closed(reason.words)
        if peer.isProven { delegate.linkClosed(id, end) } else { delegate.linkRefused(peer: peer.address, end) }
    }
}
