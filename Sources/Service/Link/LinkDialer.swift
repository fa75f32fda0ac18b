import Reactor
import SessionProtocol

/// What a coordinator hears of its matchmaker.
public protocol LinkDialerDelegate: AnyObject {
    /// `version` is that of the protocol, which the two agreed on.
    func linkUp(_ matchmaker: NodeIdentity, _ terms: Welcome, version: UInt8)
    func linkReceived(_ message: Message)
    /// The link was up and is no longer.
    func linkDown(_ end: LinkEnd)
    /// An attempt came to nothing; the next follows by itself.
    func linkFailed(_ end: LinkEnd, retryInMs: UInt64)
}

/// The coordinator's end of its one link: dials, proves itself, and dials again for ever.
public final class LinkDialer: ConnectionHandler {
    private enum State {
        /// → resolving
        case waiting(untilMs: UInt64)
        /// → connecting, waiting
        case resolving(NameResolver, checkMs: UInt64)
        /// → handshaking, waiting
        case connecting(ConnectionID)
        /// → up, waiting
        case handshaking(ConnectionID, CoordinatorHandshake)
        /// → waiting
        case up(ConnectionID)
        case stopped

        var nextDialMs: UInt64? {
            switch self {
            case .waiting(let untilMs): untilMs
            case .resolving(_, let checkMs): checkMs
            case .connecting, .handshaking, .up, .stopped: nil
            }
        }
    }

    private let loop: EventLoop
    private let limits: LinkLimits
    private let address: String
    private let hello: Hello
    private let secret: [UInt8]
    private unowned let delegate: any LinkDialerDelegate
    private var state = State.waiting(untilMs: 0) {
        didSet { nextDialMs = state.nextDialMs }
    }
    private var end: LinkEnd?
    /// Beside the state, so that bytes that wait are not copied with it. Its version is the link's.
    private var decoder = FrameDecoder(version: ProtocolVersion.first)
    private var failures = 0
    private var scratch: [UInt8] = []

    /// - Parameters:
    ///   - address: looked up anew for each attempt, since a name may come to stand for another host.
    ///   - hello: its nonce is drawn anew for each link.
    public init(
        loop: EventLoop, limits: LinkLimits, address: String, hello: Hello, secret: [UInt8],
        delegate: any LinkDialerDelegate
    ) {
        self.loop = loop
        self.limits = limits
        self.address = address
        self.hello = hello
        self.secret = secret
        self.delegate = delegate
    }

    /// When `dialIfDue` is to be called next. It is asked in every turn, so it is kept ready.
    public private(set) var nextDialMs: UInt64? = 0

    public var isUp: Bool {
        if case .up = state { true } else { false }
    }

    /// Dials when it is time to.
    public func dialIfDue() {
        if case .waiting(let untilMs) = state, untilMs <= loop.now {
            state = .resolving(NameResolver(address), checkMs: loop.now)
        }
        guard case .resolving(let resolver, let checkMs) = state, checkMs <= loop.now else { return }
        switch resolver.take() {
        case .pending: state = .resolving(resolver, checkMs: loop.now + LinkDialer.resolverPollMs)
        case .failed(let error): failed(.closed("\(error)"))
        case .found(let addresses): connect(to: addresses[failures % max(addresses.count, 1)])
        }
    }

    private static let resolverPollMs: UInt64 = 20

    private func connect(to address: SocketAddress) {
        do {
            state = .connecting(
                try loop.connect(
                    to: address, handler: self, outboundBytesMax: limits.outboundBytesMax,
                    timeoutMs: limits.connectTimeoutMs))
        } catch {
            failed(.closed("\(error)"))
        }
    }

    public func send(_ message: Message) {
        guard case .up(let id) = state else { return }
        loop.send(message, version: decoder.version, to: id, scratch: &scratch)
    }

    /// Says why, and hangs up; the link is dialled again. Without a word to say it does not wait for the other end, which
    /// may be out of reach: what was sent and has not arrived is lost, and the next inventory has it.
    public func close(_ reject: Reject?) {
        guard case .up(let id) = state else { return }
        if end == nil { end = .closed(reject.map { "\($0.code): \($0.detail)" } ?? "given up") }
        guard let reject else { return loop.abort(id) }
        loop.send(.reject(reject), version: decoder.version, to: id, scratch: &scratch)
        loop.close(id)
    }

    /// Hangs up for good.
    public func stop() {
        switch state {
        case .connecting(let id): loop.abort(id)
        case .handshaking(let id, _), .up(let id): loop.close(id)
        case .waiting, .resolving, .stopped: break
        }
        state = .stopped
    }

    private func failed(_ end: LinkEnd) {
        let doublings = min(failures, 16)
        let waitMs = min(limits.redialLastMs, limits.redialFirstMs << UInt64(doublings))
        // Half of it by chance, so that coordinators that lost one matchmaker do not come back all at once.
        let jitteredMs = waitMs / 2 + Randomness.word() % (waitMs / 2 + 1)
        failures += 1
        state = .waiting(untilMs: loop.now + jitteredMs)
        delegate.linkFailed(end, retryInMs: jitteredMs)
    }

    // MARK: ConnectionHandler

    public func opened(_ id: ConnectionID, peer: SocketAddress) {
        guard case .connecting(id) = state else { return }
        var hello = hello
        hello.nonce = Randomness.bytes(32)
        decoder = FrameDecoder(version: ProtocolVersion.first)
        state = .handshaking(id, CoordinatorHandshake(hello: hello, secret: secret))
        end = nil
        loop.setDeadline(id, at: loop.now + limits.handshakeTimeoutMs)
        loop.send(.hello(hello), version: decoder.version, to: id, scratch: &scratch)
    }

    public func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
        guard id == linked else { return }
        var position = 0
        do {
            while end == nil, let message = try decoder.next(from: bytes.span, at: &position) { try take(message, id) }
        } catch let error as WireError {
            give(up: id, .wire(error), Reject(code: .malformed, detail: "\(error)"))
        } catch let error as HandshakeError {
            give(up: id, .handshake(error), error.reject)
        } catch {
            preconditionFailure("frames and handshakes fail in two ways")
        }
    }

    /// The connection that the handshake or the link is on.
    private var linked: ConnectionID? {
        switch state {
        case .handshaking(let id, _), .up(let id): id
        case .waiting, .resolving, .connecting, .stopped: nil
        }
    }

    private func take(_ message: Message, _ id: ConnectionID) throws {
        switch state {
        case .up:
            if case .reject(let reject) = message {
                end = .rejected(reject)
                loop.close(id)
            } else {
                delegate.linkReceived(message)
            }
        case .handshaking(_, var handshake):
            let step = try handshake.receive(message)
            switch step {
            case .send(let reply):
                state = .handshaking(id, handshake)
                loop.send(reply, version: decoder.version, to: id, scratch: &scratch)
            case .established(let matchmaker, let terms):
                state = .up(id)
                decoder.version = handshake.version
                failures = 0
                loop.setDeadline(id, at: nil)
                delegate.linkUp(matchmaker, terms, version: handshake.version)
            }
        case .waiting, .resolving, .connecting, .stopped: break
        }
    }

    private func give(up id: ConnectionID, _ end: LinkEnd, _ reject: Reject?) {
        if self.end == nil { self.end = end }
        if let reject { loop.send(.reject(reject), version: decoder.version, to: id, scratch: &scratch) }
        loop.close(id)
    }

    public func deadlineReached(_ id: ConnectionID) {
        give(up: id, .handshakeTimeout, Reject(code: .handshakeTimeout, detail: "\(LinkEnd.handshakeTimeout)"))
    }

    public func drained(_ id: ConnectionID) {}

    public func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {
        let end = self.end ?? .closed(reason.words)
        switch state {
        case .up(id):
            state = .waiting(untilMs: loop.now + limits.redialFirstMs)
            delegate.linkDown(end)
        case .connecting(id): failed(end)
        case .handshaking(id, _): failed(end)
        case .waiting, .resolving, .connecting, .handshaking, .up, .stopped: break
        }
        self.end = nil
    }
}
