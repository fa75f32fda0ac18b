import CLinux
import Glibc

/// The floor of a relay: WebSocket frames with their masks removed, a fixed pairing, and nothing else.
///
/// Connections form groups in the order in which they upgrade. One `recv` a readable socket, one `send` a receiver and
/// loop turn. No opcode is looked at, no limit is checked, no queue is kept: a socket that does not take all bytes at
/// once ends its group.
enum RelayFloor {
    static let role = "floor-relay"

    static func main(_ arguments: [String]) throws(BenchError) {
        guard let players = arguments.first.flatMap({ Int($0) }), players >= 2 else {
            throw .failure("\(role) is started with the number of players of a group")
        }
        let filesMax = try Limits.raiseOpenFiles()
        FloorProcess.exitWhenAsked()
        var loop = try RelayFloorLoop(players: players, filesMax: filesMax)
        try loop.run()
    }
}

/// The loop and its tables, indexed by descriptor.
private struct RelayFloorLoop: ~Copyable {
    private struct Connection {
        /// Position in the order of upgrades, -1 before.
        var seat = -1
        /// Bytes of a frame that has not arrived in full.
        var held: [UInt8] = []
        /// Bytes to send at the end of the turn; in a pair they go out without a copy.
        var outgoing: [UInt8] = []
    }

    private static let bufferBytes = 262_144

    private let players: Int
    private let poller: Poller
    private let buffer: UnsafeMutableRawPointer
    private var connections: [Connection]
    /// Descriptors by seat.
    private var seats: [Int32] = []
    private var toSend: [Int32] = []

    init(players: Int, filesMax: Int) throws(BenchError) {
        self.players = players
        poller = try Poller()
        buffer = .allocate(byteCount: RelayFloorLoop.bufferBytes, alignment: 64)
        connections = Array(repeating: Connection(), count: filesMax)
    }

    deinit { buffer.deallocate() }

    mutating func run() throws(BenchError) {
        let listener = ChildProcess.listenerDescriptor
        try poller.add(listener, token: Int(listener), .reading)
        try poller.add(STDIN_FILENO, token: Int(STDIN_FILENO), .reading)
        while true {
            for event in 0..<(try poller.wait(timeoutMs: -1)) {
                let descriptor = Int32(truncatingIfNeeded: poller.token(event))
                if descriptor == STDIN_FILENO { return }
                if descriptor == listener {
                    while case let accepted = accept(listener, nil, nil), accepted >= 0 {
                        connections[Int(accepted)] = Connection()
                        try poller.add(accepted, token: Int(accepted), .reading)
                    }
                } else {
                    receive(descriptor)
                }
            }
            flush()
        }
    }

    private mutating func receive(_ descriptor: Int32) {
        let index = Int(descriptor)
        var filled = 0
        if !connections[index].held.isEmpty {
            filled = connections[index].held.count
            connections[index].held.withUnsafeBytes { held in
                UnsafeMutableRawBufferPointer(start: buffer, count: filled).copyMemory(from: held)
            }
            connections[index].held.removeAll()
        }
        let count = recv(descriptor, buffer + filled, RelayFloorLoop.bufferBytes - filled, Sockets.receiveNowFlags)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { endGroup(of: descriptor) }
            return
        }
        filled += count
        let seat = connections[index].seat
        guard seat >= 0 else { return upgrade(descriptor) }
        let group = seat / players * players
        guard seats.count >= group + players else { return }
        let (readable, writable) = unmask(filled, player: UInt8(truncatingIfNeeded: seat - group))
        if writable > 0 {
            if players == 2 {
                put(seats[seat ^ 1], UnsafeRawBufferPointer(start: buffer, count: writable))
            } else {
                for other in group..<group + players where other != seat { queue(seats[other], writable) }
            }
        }
        if readable < filled {
            connections[index].held = Array(UnsafeRawBufferPointer(start: buffer + readable, count: filled - readable))
        }
    }

    /// The driver sends the whole request in one segment.
    private mutating func upgrade(_ descriptor: Int32) {
        connections[Int(descriptor)].seat = seats.count
        seats.append(descriptor)
        FloorProcess.upgradeAnswer.withUnsafeBytes { put(descriptor, $0) }
    }

    /// Turns the complete client frames at the buffer's start into server frames, in place, with the sender as second byte.
    /// Returns how many bytes were read and how many written.
    @inline(__always)
    private func unmask(_ filled: Int, player: UInt8) -> (Int, Int) {
        var from = 0
        var to = 0
        while filled - from >= 6 {
            let first = buffer.load(fromByteOffset: from, as: UInt8.self)
            var length = Int(buffer.load(fromByteOffset: from + 1, as: UInt8.self) & 0x7F)
            var header = 2
            if length == 126 {
                guard filled - from >= 8 else { break }
                length = Int(UInt16(bigEndian: buffer.loadUnaligned(fromByteOffset: from + 2, as: UInt16.self)))
                header = 4
            }
            guard filled - from >= header + 4 + length else { break }
            let key = UInt64(buffer.loadUnaligned(fromByteOffset: from + header, as: UInt32.self))
            let mask = key | key << 32
            buffer.storeBytes(of: first, toByteOffset: to, as: UInt8.self)
            if header == 2 {
                buffer.storeBytes(of: UInt8(truncatingIfNeeded: length), toByteOffset: to + 1, as: UInt8.self)
            } else {
                buffer.storeBytes(of: 126, toByteOffset: to + 1, as: UInt8.self)
                buffer.storeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian, toByteOffset: to + 2, as: UInt16.self)
            }
            let source = buffer + from + header + 4
            let target = buffer + to + header
            var offset = 0
            while offset + 8 <= length {
                let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ mask
                target.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            while offset < length {
                let shift = UInt64(offset & 7) * 8
                let byte = source.load(fromByteOffset: offset, as: UInt8.self) ^ UInt8(truncatingIfNeeded: mask >> shift)
                target.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
                offset += 1
            }
            if length >= 2 { target.storeBytes(of: player, toByteOffset: 1, as: UInt8.self) }
            from += header + 4 + length
            to += header + length
        }
        return (from, to)
    }

    private mutating func queue(_ descriptor: Int32, _ count: Int) {
        guard descriptor >= 0 else { return }
        if connections[Int(descriptor)].outgoing.isEmpty { toSend.append(descriptor) }
        connections[Int(descriptor)].outgoing.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: count))
    }

    private mutating func flush() {
        for descriptor in toSend {
            var bytes: [UInt8] = []
            swap(&bytes, &connections[Int(descriptor)].outgoing)
            bytes.withUnsafeBytes { put(descriptor, $0) }
            bytes.removeAll(keepingCapacity: true)
            swap(&bytes, &connections[Int(descriptor)].outgoing)
        }
        toSend.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private mutating func put(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard descriptor >= 0 else { return }
        let sent = send(descriptor, bytes.baseAddress, bytes.count, Sockets.sendNowFlags)
        if sent != bytes.count { endGroup(of: descriptor) }
    }

    /// Closes the connection and those paired with it.
    private mutating func endGroup(of descriptor: Int32) {
        let seat = connections[Int(descriptor)].seat
        guard seat >= 0 else {
            close(descriptor)
            return
        }
        let group = seat / players * players
        for other in group..<min(group + players, seats.count) where seats[other] >= 0 {
            let member = seats[other]
            seats[other] = -1
            connections[Int(member)] = Connection()
            close(member)
        }
    }
}
