import CLinux
import Glibc

@testable import Reactor

enum Event: Equatable {
    case opened(ConnectionID)
    case received(ConnectionID, String)
    case deadline(ConnectionID)
    case drained(ConnectionID)
    case closed(ConnectionID, ConnectionCloseReason)
}

/// Writes down what it hears, and does what the test says.
final class Recorder: ConnectionHandler {
    var events: [Event] = []
    var ids: [ConnectionID] = []
    var peers: [SocketAddress] = []
    var bytesReceived = 0
    var keepsText = true
    var onOpened: (ConnectionID) -> Void = { _ in }
    var onReceived: (ConnectionID, [UInt8]) -> Void = { _, _ in }
    var onDeadline: (ConnectionID) -> Void = { _ in }
    var onDrained: (ConnectionID) -> Void = { _ in }
    var onClosed: (ConnectionID, ConnectionCloseReason) -> Void = { _, _ in }

    func opened(_ id: ConnectionID, peer: SocketAddress) {
        ids.append(id)
        peers.append(peer)
        events.append(.opened(id))
        onOpened(id)
    }
    func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
        bytesReceived += bytes.count
        var copy: [UInt8] = []
        for index in bytes.indices { copy.append(bytes[index]) }
        if keepsText { events.append(.received(id, String(decoding: copy, as: UTF8.self))) }
        onReceived(id, copy)
    }
    func deadlineReached(_ id: ConnectionID) {
        events.append(.deadline(id))
        onDeadline(id)
    }
    func drained(_ id: ConnectionID) {
        events.append(.drained(id))
        onDrained(id)
    }
    func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {
        events.append(.closed(id, reason))
        onClosed(id, reason)
    }

    var closings: [ConnectionCloseReason] {
        events.compactMap { if case .closed(_, let reason) = $0 { reason } else { nil } }
    }
    var text: String {
        events.reduce(into: "") { if case .received(_, let part) = $1 { $0 += part } }
    }
}

final class TurnRecorder: LoopDelegate {
    var onBegan: (UInt64) -> Void = { _ in }
    var onEnded: (UInt64) -> Void = { _ in }
    var signals: [Int32] = []
    func turnBegan(now: UInt64) { onBegan(now) }
    func turnEnded(now: UInt64) { onEnded(now) }
    func signalled(_ signal: Int32) { signals.append(signal) }
}

/// A stream socket that is not left to the processes of exit tests: one that they hold too does not end when it is closed here.
let streamKind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

/// The descriptors of two stream sockets that are connected to each other; nil when the kernel gives none.
func connectedSockets(isBlocking: Bool) -> [Int32]? {
    let kind = streamKind | (isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    var ends: [Int32] = [0, 0]
    return socketpair(AF_UNIX, kind, 0, &ends) == 0 ? ends : nil
}

/// A plain non-blocking client socket, apart from the code under test.
final class Client {
    let descriptor: Int32
    private(set) var received: [UInt8] = []
    private(set) var sawEnd = false
    private(set) var error: Int32 = 0
    private var isClosed = false

    init(_ address: SocketAddress, receiveBufferBytes: Int32? = nil) {
        descriptor = socket(address.family, streamKind, 0)
        precondition(descriptor >= 0)
        if var size = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        let result = address.withSystemAddress { Glibc.connect(descriptor, $0, $1) }
        error = result == 0 ? 0 : errno
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close() }

    var text: String { String(decoding: received, as: UTF8.self) }

    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Reads what is there.
    func read(atMost limit: Int = .max) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var left = limit
        while left > 0 {
            let wanted = min(left, buffer.count)
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, wanted, 0) }
            if count > 0 {
                received += buffer[..<count]
                left -= count
            } else {
                if count == 0 { sawEnd = true } else if errno != EAGAIN { error = errno }
                return
            }
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }

    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}

extension EventLoop {
    /// Runs turns until the condition holds; false when it does not within the time.
    func turns(for ms: UInt64 = 5_000, until condition: () -> Bool) throws -> Bool {
        let end = Clock.bootMs() + ms
        while !condition() {
            if Clock.bootMs() > end { return false }
            try runOnce(timeoutMs: 5)
        }
        return true
    }

    func turns(for ms: UInt64) throws {
        _ = try turns(for: ms) { false }
    }

    func send(_ text: String, to id: ConnectionID) -> SendOutcome { send(Array(text.utf8).span, to: id) }
}

/// From here on exactly `count` more descriptors can be opened. For tests in a process of their own. Gives the old limit.
func leaveDescriptors(_ count: Int32) -> rlimit {
    var highest: Int32 = 0
    for descriptor in 0..<1024 as Range<Int32> where fcntl(descriptor, F_GETFD) >= 0 { highest = descriptor }
    while true {
        let filled = dup(0)
        if filled > highest {
            close(filled)
            break
        }
    }
    var old = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &old)
    setDescriptors(rlimit(rlim_cur: rlim_t(highest + 1 + count), rlim_max: old.rlim_max))
    return old
}

func setDescriptors(_ limit: rlimit) {
    var limit = limit
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

let anyPort = SocketAddress.loopback(port: 0)

func temporaryPath(_ name: String) -> String { "/tmp/greenroom-\(getpid())-\(Randomness.word())-\(name)" }

func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }
