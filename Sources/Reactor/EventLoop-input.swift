import CLinux
import Glibc

// What the kernel says about connections. Events come on edges: each change is told once, so that idle and paused
// connections cost nothing, and what is not read at once is remembered in `readAgain`.
extension EventLoop {
    func handle(_ ready: Readiness, of id: ConnectionID) {
        guard let index = live(id) else {
            tally.staleEvents += 1
            return
        }
        switch connections[index].phase {
        case .connecting:
            finishConnect(index, id, ready)
        case .open, .flushing, .lingering:
            if !ready.isDisjoint(with: [.peerFinished, .error, .hangUp]) { connections[index].marks.insert(.readToEnd) }
            if connections[index].marks.contains(.paused), !ready.isDisjoint(with: [.error, .hangUp]) {
                // It is broken, and whoever waits for it to drain before reading on would wait for ever. A Unix socket whose peer
                // has closed in good order also hangs up, but without an error: its bytes still wait for `resumeReading`.
                let code = Socket.pendingError(connections[index].descriptor)
                if code != 0 {
                    finish(index, .error(code))
                    return
                }
            }
            if ready != .output { read(index, id) }
            if ready.contains(.output) { flush(index) }
        case .free, .gone:
            tally.staleEvents += 1
        }
    }

    func readAgainWhereMoreWaits() {
        guard !readAgain.isEmpty else { return }
        // What is put into the list meanwhile has its turn next time.
        swap(&readAgain, &spareIDs)
        for position in spareIDs.indices {
            let id = spareIDs[position]
            guard let index = live(id) else { continue }
            connections[index].marks.remove(.readAgain)
            read(index, id)
        }
        spareIDs.removeAll(keepingCapacity: true)
    }

    func scheduleRead(_ index: Int, _ id: ConnectionID) {
        guard !connections[index].marks.contains(.readAgain) else { return }
        connections[index].marks.insert(.readAgain)
        readAgain.append(id)
    }

    private func finishConnect(_ index: Int, _ id: ConnectionID, _ ready: Readiness) {
        let descriptor = connections[index].descriptor
        var code = Socket.pendingError(descriptor)
        guard code != 0 || ready.contains(.output) else { return }
        if code == 0 {
            // The change also makes the kernel look again, so that bytes which are there already are told of.
            code = poller.modify(descriptor, [.input, .peerFinished, .edges], token: id.rawValue)
        }
        guard code == 0, let peer = Socket.peerAddress(descriptor) else {
            finish(index, .connectFailed(code == 0 ? ENOTCONN : code))
            return
        }
        connections[index].phase = .open
        connections[index].phaseDeadline = Connection.noDeadline
        armDeadline(index)
        if !connections[index].outbound.isEmpty {
            connections[index].marks.insert(.dirty)
            unsafe dirty.append(id)
        }
        connections[index].handler?.opened(id, peer: peer)
    }

    /// One receive, as a rule: less than a full buffer means that the socket is empty. After a full one the next follows, up to a limit.
    /// What the handler does to the connection meanwhile shows in its phase and marks; the slot stays its own until `deliverNotices`.
    private func read(_ index: Int, _ id: ConnectionID) {
        for _ in 0..<limits.receivesPerTurnMax {
            guard connections[index].marks.isDisjoint(with: [.paused, .peerFinished]) else { return }
            switch connections[index].phase {
            case .open, .flushing, .lingering: break
            case .free, .connecting, .gone: return
            }
            switch receiveBuffer.receive(from: connections[index].descriptor) {
            case .moved(let count):
                tally.receives += 1
                tally.bytesIn += UInt64(count)
                if connections[index].phase == .open, let handler = connections[index].handler {
                    receiveBuffer.deliver(count, from: id, to: handler)
                }
                if count < receiveBuffer.capacity, !connections[index].marks.contains(.readToEnd) { return }
            case .wouldBlock:
                connections[index].marks.remove(.readToEnd)
                if connections[index].sendError != 0 { finish(index, .error(connections[index].sendError)) }
                return
            case .ended:
                peerFinished(index)
                return
            case .failed(let code):
                switch connections[index].phase {
                case .lingering: finish(index, .local)
                case .free, .connecting, .open, .flushing, .gone: finish(index, .error(code))
                }
                return
            }
        }
        scheduleRead(index, id)
    }

    /// The peer may still read: what is queued for it leaves first.
    private func peerFinished(_ index: Int) {
        connections[index].marks.insert(.peerFinished)
        switch connections[index].phase {
        case .lingering:
            finish(index, .local)
        case .open:
            if connections[index].sendError != 0 {
                finish(index, .error(connections[index].sendError))
            } else {
                beginFlushing(index)
                flush(index)
            }
        case .flushing:
            flush(index)
        case .free, .connecting, .gone:
            break
        }
    }
}
