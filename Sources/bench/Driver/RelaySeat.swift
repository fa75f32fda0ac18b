import CLinux
import Glibc

/// One player under load: its socket, what it has received, and when it sent.
///
/// Nothing here allocates after `init`; a seat belongs to one worker.
final class RelaySeat {
    private static let inboxBytes = 262_144
    /// Rounds whose time of sending is kept; a round trip spans two.
    private static let roundsKept = 4

    let client: WebSocketClient
    private let player: Int
    private let plan: RelayPlan
    private let burst: UnsafeRawBufferPointer
    /// The expected frames of all senders, one after the other.
    private let expected: UnsafeRawBufferPointer
    private let inbox: UnsafeMutableRawBufferPointer
    private var filled = 0
    /// Messages received by sender.
    private let received: UnsafeMutableBufferPointer<Int>
    private let sentAtNs: UnsafeMutableBufferPointer<UInt64>
    private var round = 0

    init(client: WebSocketClient, player: Int, plan: RelayPlan) {
        self.client = client
        self.player = player
        self.plan = plan
        burst = UnsafeRawBufferPointer(RelaySeat.copy(plan.bursts[player]))
        expected = UnsafeRawBufferPointer(RelaySeat.copy(plan.expected.flatMap { $0 }))
        inbox = .allocate(byteCount: RelaySeat.inboxBytes, alignment: 64)
        received = .allocate(capacity: plan.players)
        received.initialize(repeating: 0)
        sentAtNs = .allocate(capacity: RelaySeat.roundsKept)
        sentAtNs.initialize(repeating: 0)
        let early = client.takeHeld()
        early.withUnsafeBytes { inbox.copyMemory(from: $0) }
        filled = early.count
    }

    deinit {
        burst.deallocate()
        expected.deallocate()
        inbox.deallocate()
        received.deallocate()
        sentAtNs.deallocate()
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        copy.copyBytes(from: bytes)
        return copy
    }

    /// Sends the current round's burst by one call.
    @inline(__always)
    func sendBurst(atNs: UInt64) throws(BenchError) {
        sentAtNs[round & (RelaySeat.roundsKept - 1)] = atNs
        let sent = send(client.descriptor, burst.baseAddress, burst.count, Sockets.sendFlags)
        guard sent == burst.count else {
            throw .failure("a player's socket took \(sent) of \(burst.count) bytes: \(systemText(errno))")
        }
    }

    /// Reads once and returns how many messages that brought.
    @inline(__always)
    func receive() throws(BenchError) -> Int {
        let base = inbox.baseAddress.unsafelyUnwrapped
        let count = recv(client.descriptor, base + filled, inbox.count - filled, 0)
        guard count > 0 else {
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return 0 }
            throw .failure(count == 0 ? "the server hung up on a player" : "a player's socket: \(systemText(errno))")
        }
        filled += count
        return try takeMessages()
    }

    /// Checks every complete frame in the inbox, byte by byte, against what its sender sent.
    @inline(__always)
    func takeMessages() throws(BenchError) -> Int {
        let base = inbox.baseAddress.unsafelyUnwrapped
        let frameBytes = plan.frameBytes
        let senderOffset = frameBytes - plan.messageBytes + 1
        var at = 0
        var messages = 0
        while filled - at >= 2 {
            let frame = base + at
            guard frame.load(as: UInt8.self) == 0x80 | ClientFrames.Opcode.binary else {
                guard let length = try takeControl(at: at) else { break }
                at += length
                continue
            }
            guard filled - at >= frameBytes else { break }
            let sender = Int(frame.load(fromByteOffset: senderOffset, as: UInt8.self))
            guard sender < plan.players, sender != player else {
                throw .failure("player \(player) got a message from player \(sender)")
            }
            let place = received[sender] % plan.inFlight
            let wanted = expected.baseAddress.unsafelyUnwrapped + (sender * plan.inFlight + place) * frameBytes
            guard memcmp(frame, wanted, frameBytes) == 0 else {
                throw .failure("player \(player) got a wrong, missing or reordered message from player \(sender)")
            }
            received[sender] += 1
            messages += 1
            at += frameBytes
        }
        if at > 0 {
            filled -= at
            if filled > 0 { memmove(base, base + at, filled) }
        }
        return messages
    }

    /// True once the burst of the current round has arrived from every other player; then the next round begins.
    @inline(__always)
    func advance() -> Bool {
        let wanted = (round + 1) * plan.inFlight
        for sender in 0..<plan.players where sender != player && received[sender] < wanted { return false }
        round += 1
        return true
    }

    /// From sending the burst before last until everything sent in answer to it had arrived; nil before the second round.
    @inline(__always)
    func roundTripNs(_ now: UInt64) -> UInt64? {
        round < 2 ? nil : now &- sentAtNs[(round - 2) & (RelaySeat.roundsKept - 1)]
    }

    /// Gives unused bytes back to the client, for the phase after the load.
    func release() {
        client.putBack(UnsafeRawBufferPointer(rebasing: inbox[..<filled]))
        filled = 0
    }

    /// Handles a frame that is no message; its length, or nil while it is not complete.
    @inline(never)
    private func takeControl(at start: Int) throws(BenchError) -> Int? {
        let bytes = Array(UnsafeRawBufferPointer(rebasing: inbox[start..<filled]))
        guard let frame = try ClientFrames.next(in: bytes, from: 0) else { return nil }
        let payload = Array(bytes[frame.payload])
        switch frame.opcode {
        case ClientFrames.Opcode.ping:
            var pong: [UInt8] = []
            ClientFrames.appendClientFrame(ClientFrames.Opcode.pong, payload, mask: 0x5A3C_7E11, to: &pong)
            let sent = pong.withUnsafeBytes { send(client.descriptor, $0.baseAddress, $0.count, Sockets.sendFlags) }
            guard sent == pong.count else { throw .failure("a player's socket did not take a pong") }
        case ClientFrames.Opcode.pong: break
        case ClientFrames.Opcode.text:
            throw .failure("the coordinator said \(String(decoding: payload, as: UTF8.self)) under load")
        default: throw .failure("the server sent a frame with opcode \(frame.opcode) under load")
        }
        return frame.payload.upperBound
    }
}
