import CLinux
import Glibc

// Writing: at most one send for each connection and turn.
extension EventLoop {
    func markDirty(_ index: Int, _ id: ConnectionID) {
        guard connections[index].marks.isDisjoint(with: [.dirty, .blocked]), connections[index].phase != .connecting else { return }
        connections[index].marks.insert(.dirty)
        unsafe dirty.append(id)
    }

    /// Flushing calls no handler, so nothing is marked meanwhile. What became writable in this turn was flushed already.
    func flushDirty() {
        for position in unsafe dirty.indices {
            let id = unsafe dirty[position]
            if let index = live(id), connections[index].marks.contains(.dirty) { flush(index) }
        }
        unsafe dirty.removeAll(keepingCapacity: true)
    }

    func flush(_ index: Int) {
        connections[index].marks.remove(.dirty)
        switch connections[index].phase {
        case .open, .flushing: break
        case .free, .connecting, .lingering, .gone: return
        }
        if !connections[index].outbound.isEmpty {
            switch connections[index].outbound.send(to: connections[index].descriptor) {
            case .moved(let count):
                tally.sends += 1
                tally.bytesOut += UInt64(count)
                connections[index].replaceable.left(count, isAll: connections[index].outbound.isEmpty)
            case .wouldBlock:
                break
            case .ended:
                break
            case .failed(let code):
                sendFailed(index, code)
                return
            }
            guard connections[index].outbound.isEmpty else {
                tally.sendsBlocked += 1
                setBlocked(index, true)
                return
            }
            connections[index].outbound.release(to: pool)
        }
        setBlocked(index, false)
        if connections[index].marks.contains(.backpressure) { notices.append(.drained(id(of: index))) }
        if connections[index].phase == .flushing { finishSending(index) }
    }

    /// A queue is full: where `setBacklog` has set its limit, what the kernel takes leaves at once, so that only what the peer does not
    /// read counts, and what is replaceable is dropped.
    /// - Returns: nil when there is room now.
    func makeRoom(for bytes: Int, _ index: Int, _ id: ConnectionID) -> SendOutcome? {
        func hasRoom() -> Bool {
            bytes <= Int(connections[index].outboundBytesMax) - connections[index].outbound.count
                && connections[index].outbound.reserve(bytes, from: pool)
        }
        if connections[index].marks.contains(.keptWhenFull), connections[index].phase == .open,
            !connections[index].marks.contains(.blocked)
        {
            flush(index)
            guard usable(id) != nil else { return .gone }
            if hasRoom() { return nil }
        }
        if connections[index].marks.contains(.dropsReplaceable) {
            let most = Int(connections[index].outboundBytesMax)
            let needed = bytes - (most - connections[index].outbound.count)
            let ranges = connections[index].replaceable.takeOldest(bytes: max(needed, most / 8))
            connections[index].outbound.remove(ranges)
            tally.dropped += UInt64(ranges.count)
            if hasRoom() { return nil }
        }
        tally.overflows += 1
        if connections[index].marks.contains(.keptWhenFull) { return .full }
        finish(index, .overflow)
        return .overflow
    }

    /// Nothing more is sent or wanted; queued bytes leave within the limit of time.
    func beginFlushing(_ index: Int) {
        connections[index].phase = .flushing
        connections[index].userDeadline = Connection.noDeadline
        setPhaseDeadline(index, after: limits.flushTimeoutMs)
        if connections[index].marks.contains(.paused) {
            connections[index].marks.remove(.paused)
            scheduleRead(index, id(of: index))
        }
    }

    private func finishSending(_ index: Int) {
        if connections[index].marks.contains(.peerFinished) {
            finish(index, connections[index].marks.contains(.closedHere) ? .local : .peerClosed)
            return
        }
        guard shutdown(connections[index].descriptor, Int32(SHUT_WR)) == 0 else {
            finish(index, .local)
            return
        }
        connections[index].phase = .lingering
        setPhaseDeadline(index, after: limits.closeTimeoutMs)
    }

    private func setBlocked(_ index: Int, _ blocked: Bool) {
        guard connections[index].marks.contains(.blocked) != blocked else { return }
        if blocked { connections[index].marks.insert(.blocked) } else { connections[index].marks.remove(.blocked) }
        var interest: Readiness = [.input, .peerFinished, .edges]
        if blocked { interest.insert(.output) }
        let code = poller.modify(connections[index].descriptor, interest, token: id(of: index).rawValue)
        if code != 0 { finish(index, .error(code)) }
    }

    /// The peer is gone, but its last bytes may wait to be read: an open connection reads them before it ends.
    private func sendFailed(_ index: Int, _ code: Int32) {
        connections[index].outbound.release(to: pool)
        guard connections[index].phase == .open, !connections[index].marks.contains(.paused) else {
            finish(index, .error(code))
            return
        }
        connections[index].sendError = code
        connections[index].marks.insert(.readToEnd)
        scheduleRead(index, id(of: index))
    }
}
