import Reactor
import SessionProtocol
import Testing

@testable import Service

final class ListenerRecorder: LinkListenerDelegate {
    var proven: [(link: ConnectionID, hello: Hello)] = []
    var received: [Message] = []
    var closed: [String] = []
    var refused: [String] = []
    var onProven: (ConnectionID) -> Void = { _ in }
    var onReceived: (Message, ConnectionID) -> Void = { _, _ in }

    func linkProven(_ link: ConnectionID, _ hello: Hello, version: UInt8, peer: SocketAddress) {
        proven.append((link, hello))
        onProven(link)
    }
    func linkReceived(_ message: Message, from link: ConnectionID) {
        received.append(message)
        onReceived(message, link)
    }
    func linkClosed(_ link: ConnectionID, _ end: LinkEnd) { closed.append("\(end)") }
    func linkRefused(peer: SocketAddress, _ end: LinkEnd) { refused.append("\(end)") }
}

final class DialerRecorder: LinkDialerDelegate {
    var ups: [NodeIdentity] = []
    var received: [Message] = []
    var downs: [String] = []
    var failures: [(end: String, retryInMs: UInt64)] = []
    var onReceived: (Message) -> Void = { _ in }

    func linkUp(_ matchmaker: NodeIdentity, _ terms: Welcome, version: UInt8) { ups.append(matchmaker) }
    func linkReceived(_ message: Message) {
        received.append(message)
        onReceived(message)
    }
    func linkDown(_ end: LinkEnd) { downs.append("\(end)") }
    func linkFailed(_ end: LinkEnd, retryInMs: UInt64) { failures.append(("\(end)", retryInMs)) }
}

/// A matchmaker's end and a coordinator's in one loop. The matchmaker welcomes whoever has proven itself.
final class LinkHarness {
    static let welcome = Message.welcome(Welcome(leaseGraceMs: 15_000, pingIntervalMs: 1_000))
    let loop: EventLoop
    let matchmaker = ListenerRecorder()
    let coordinator = DialerRecorder()
    var limits = LinkLimits()
    private(set) var listener: LinkListener!
    private(set) var address: SocketAddress
    private(set) var dialer: LinkDialer?

    init(secret: String = "", handshakeTimeoutMs: UInt64 = 5_000, closeTimeoutMs: UInt64 = 200) throws {
        var reactorLimits = ReactorLimits()
        reactorLimits.closeTimeoutMs = closeTimeoutMs
        // Longer than any test waits: the link has a limit of its own.
        reactorLimits.connectTimeoutMs = 60_000
        loop = try EventLoop(limits: reactorLimits)
        limits.handshakeTimeoutMs = handshakeTimeoutMs
        limits.redialFirstMs = 20
        limits.redialLastMs = 100
        address = .loopback(port: 0)
        try listen(secret: secret)
        matchmaker.onProven = { [unowned self] in listener.send(Self.welcome, to: $0) }
    }

    func listen(secret: String) throws {
        let identity = NodeIdentity(node: try NodeID("matchmaker"), incarnation: Incarnation(7))
        listener = LinkListener(
            loop: loop, limits: limits, identity: identity, secret: Array(secret.utf8), delegate: matchmaker)
        address = try listener.listen(at: address)
    }

    func dial(secret: String = "", address text: String? = nil, versions: ClosedRange<UInt8> = 1...1) throws {
        let hello = Hello(
            versionMin: versions.lowerBound, versionMax: versions.upperBound, node: try NodeID("coordinator"),
            incarnation: Incarnation(9), nonce: [], capacity: 5, publicURL: "ws://127.0.0.1:1/v1/play")
        dialer = LinkDialer(
            loop: loop, limits: limits, address: text ?? address.description, hello: hello, secret: Array(secret.utf8),
            delegate: coordinator)
    }

    /// Runs turns, dialling when it is time to.
    func turns(for ms: UInt64 = 5_000, until condition: () throws -> Bool) throws -> Bool {
        try loop.turns(for: ms) {
            dialer?.dialIfDue()
            return try condition()
        }
    }

    var isUp: Bool { dialer?.isUp == true && !matchmaker.proven.isEmpty }
}
