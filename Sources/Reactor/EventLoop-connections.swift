import CLinux
import Glibc

// What users ask of one connection, and the life of its slot.
extension EventLoop {
    /// Begins a connect; `opened` follows, or `closed` with `.connectFailed`. Bytes sent before `opened` leave after it.
    /// - Parameters:
    ///   - outboundBytesMax: replaces the loop's limit for this connection.
    ///   - timeoutMs: replaces the loop's `connectTimeoutMs`.
    /// Throws `system`, `unixPathInvalid` or `connectionsFull`, and then no id exists; a refusal by the peer comes through `closed`, always.
    public func connect(
        to address: SocketAddress, handler: any ConnectionHandler, outboundBytesMax: Int? = nil, timeoutMs: UInt64? = nil
    ) throws(ReactorError) -> ConnectionID {
        if case .unix(let path) = address, !SocketAddress.isUsable(path: path) { throw .unixPathInvalid(path: path) }
        guard tally.connections - refusalsLingering < limits.connectionsMax else { throw .connectionsFull }
        let descriptor = try Socket.open(family: address.family)
        switch address {
        case .ipv4, .ipv6: Socket.setNoDelay(descriptor)
        case .unix: break
        }
        tally.connects += 1
        let id = adopt(descriptor, phase: .connecting, handler: handler, outboundBytesMax: outboundBytesMax)
        var code = Socket.connect(descriptor, to: address)
        if code == 0 || code == EINPROGRESS {
            code = poller.add(descriptor, [.input, .output, .peerFinished, .edges], token: id.rawValue)
        }
        if code == 0 {
            setPhaseDeadline(id.index, after: timeoutMs ?? limits.connectTimeoutMs)
        } else {
            finish(id.index, .connectFailed(code))
        }
        return id
    }

    /// Copies the bytes behind what is queued. They leave in one system call with all else of this turn.
    public func send(_ bytes: Span<UInt8>, to id: ConnectionID) -> SendOutcome {
        send(bytes, Span(), to: id)
    }

    /// Copies both behind what is queued, one after the other: a frame's head and its body need not be joined first.
    public func send(_ head: Span<UInt8>, _ body: Span<UInt8>, to id: ConnectionID) -> SendOutcome {
        queue(head.count + body.count, on: id) { outbound in
            outbound.append(head)
            outbound.append(body)
        }
    }

    /// Copies the `headCount` low bytes of a word, the lowest first, and then a body behind what is queued. A short head that
    /// was put together in memory would have to be waited for before it can be read as a whole.
    /// - Parameter isReplaceable: it may be dropped, as long as it has not begun to leave, where `setBacklog` allows that.
    public func send(
        _ head: UInt64, headCount: Int, _ body: Span<UInt8>, to id: ConnectionID, isReplaceable: Bool = false
    ) -> SendOutcome {
        precondition((0...8).contains(headCount))
        return queue(headCount + body.count, on: id, isReplaceable: isReplaceable) { outbound in
            outbound.append(head, count: headCount)
            outbound.append(body)
        }
    }

    @inline(__always)
    private func queue(
        _ bytes: Int, on id: ConnectionID, isReplaceable: Bool = false, _ append: (inout OutboundBuffer) -> Void
    ) -> SendOutcome {
        guard let index = usable(id) else { return .gone }
        let max = Int(connections[index].outboundBytesMax)
        if bytes > max - connections[index].outbound.count || !connections[index].outbound.reserve(bytes, from: pool) {
            if let outcome = makeRoom(for: bytes, index, id) { return outcome }
        }
        if isReplaceable, connections[index].marks.contains(.dropsReplaceable) {
            connections[index].replaceable.note(bytes, behind: connections[index].outbound.count)
        }
        append(&connections[index].outbound)
        markDirty(index, id)
        guard connections[index].outbound.count > max / 2 else { return .queued }
        connections[index].marks.insert(.backpressure)
        return .backpressure
    }

    /// Gives a connection a limit of its own for what it has not taken, on top of what is queued already. When that is reached
    /// the connection is not closed: `send` says `.full`.
    /// - Parameter dropsReplaceable: what was sent as replaceable is dropped then, the oldest first, and an eighth of the limit at
    ///   once if there is so much, so that it need not be looked for with each message.
    public func setBacklog(_ id: ConnectionID, bytesMax: Int, dropsReplaceable: Bool) {
        guard let index = usable(id) else { return }
        let most = min(max(bytesMax, 1), 1 << 29) + min(connections[index].outbound.count, 1 << 29)
        connections[index].outboundBytesMax = UInt32(most)
        connections[index].marks.insert(.keptWhenFull)
        if dropsReplaceable { connections[index].marks.insert(.dropsReplaceable) }
    }

    /// Closes like `close`, with some last bytes behind what is queued, however much that is.
    public func close(_ id: ConnectionID, behind bytes: Span<UInt8>) {
        if let index = usable(id), connections[index].outbound.reserve(bytes.count, from: pool) {
            connections[index].outbound.append(bytes)
            markDirty(index, id)
        }
        close(id)
    }

    /// Closes in good order: what is queued leaves (for up to `flushTimeoutMs`), then our end, then the peer's end is awaited
    /// (`closeTimeoutMs`), since closing earlier could make the kernel throw away bytes that the peer has not read. Nothing but
    /// `closed` is called for the connection any more. A connect under way is given up.
    public func close(_ id: ConnectionID) {
        guard let index = live(id) else { return }
        switch connections[index].phase {
        case .connecting:
            finish(index, .local)
        case .open:
            connections[index].marks.insert(.closedHere)
            if connections[index].sendError != 0 {
                finish(index, .local)
            } else {
                beginFlushing(index)
                markDirty(index, id)
            }
        case .flushing:
            connections[index].marks.insert(.closedHere)
        case .free, .lingering, .gone:
            break
        }
    }

    /// Closes at once: what is queued is dropped, and the peer sees a reset. `closed` follows with `.local`.
    public func abort(_ id: ConnectionID) {
        guard let index = live(id) else { return }
        finish(index, .local, reset: true)
    }

    /// Sets, moves or (nil) removes the connection's one deadline, in milliseconds of the loop's clock. `deadlineReached` comes never
    /// before it, and within about 16 ms after it unless the loop is busy.
    public func setDeadline(_ id: ConnectionID, at time: UInt64?) {
        guard let index = usable(id) else { return }
        connections[index].userDeadline = time ?? Connection.noDeadline
        armDeadline(index)
    }

    /// Leaves what the peer sends in the kernel until `resumeReading`, so that the peer is slowed down. The peer's end is not seen
    /// meanwhile; a broken connection is.
    public func pauseReading(_ id: ConnectionID) {
        guard let index = usable(id) else { return }
        connections[index].marks.insert(.paused)
    }

    public func resumeReading(_ id: ConnectionID) {
        guard let index = usable(id), connections[index].marks.contains(.paused) else { return }
        connections[index].marks.remove(.paused)
        scheduleRead(index, id)
    }

    /// Bytes that have not left yet; 0 for a connection that is gone.
    public func queuedBytes(_ id: ConnectionID) -> Int {
        live(id).map { connections[$0].outbound.count } ?? 0
    }

    /// Whether the connection can be sent to: connecting or open, and not closing.
    public func isOpen(_ id: ConnectionID) -> Bool { usable(id) != nil }

    // MARK: Slots

    /// The slot of an id that has not been given up; nil for a stale one.
    func live(_ id: ConnectionID) -> Int? {
        let index = id.index
        guard index < connections.count, connections[index].generation == id.generation else { return nil }
        return index
    }

    /// The slot of an id whose handler still hears of input and may send.
    func usable(_ id: ConnectionID) -> Int? {
        guard let index = live(id), connections[index].isUsable else { return nil }
        return index
    }

    func id(of index: Int) -> ConnectionID { ConnectionID(index: index, generation: connections[index].generation) }

    func adopt(
        _ descriptor: Int32, phase: Connection.Phase, handler: (any ConnectionHandler)?, outboundBytesMax: Int?
    ) -> ConnectionID {
        let index: Int
        if let free = freeSlots.popLast() {
            index = Int(free)
        } else {
            index = connections.append()
        }
        let own = outboundBytesMax ?? limits.outboundBytesMax
        precondition((1...1 << 30).contains(own))
        connections[index].descriptor = descriptor
        connections[index].phase = phase
        connections[index].handler = handler
        connections[index].outboundBytesMax = UInt32(own)
        tally.connections += 1
        return id(of: index)
    }

    /// The connection is over: its descriptor and memory are given back now, and the handler is told soon.
    func finish(_ index: Int, _ reason: ConnectionCloseReason, reset: Bool = false) {
        guard connections[index].phase != .gone, connections[index].phase != .free else { return }
        let id = id(of: index)
        switch reason {
        case .overflow: Socket.setResetOnClose(connections[index].descriptor)
        case .connectFailed: tally.connectFailures += 1
        case .local, .peerClosed, .error: if reset { Socket.setResetOnClose(connections[index].descriptor) }
        }
        Socket.close(connections[index].descriptor)
        connections[index].descriptor = -1
        connections[index].phase = .gone
        connections[index].outbound.release(to: pool)
        wheel.remove(index)
        let listener = Int(connections[index].listener)
        if listener >= 0, let owner = listeners[listener], connections[index].handler != nil { owner.connections -= 1 }
        if connections[index].handler == nil {
            refusalsLingering -= 1
            free(id)
        } else {
            notices.append(.closed(id, reason))
        }
    }

    /// Makes the slot ready for the next connection; the old id is stale from here on. No handler is ever in the middle of a call
    /// about that connection: its slot is freed when its `closed` is due, and from nowhere else.
    func free(_ id: ConnectionID) {
        let index = id.index
        precondition(connections[index].generation == id.generation && connections[index].phase == .gone)
        tally.connections -= 1
        if connections[index].handler != nil { tally.closed += 1 }
        let next = id.generation &+ 1
        connections[index] = Connection()
        connections[index].generation = next == 0 ? 1 : next
        freeSlots.append(UInt32(index))
    }

    // MARK: Deadlines

    func setPhaseDeadline(_ index: Int, after ms: UInt64) {
        connections[index].phaseDeadline = Clock.bootMs() &+ ms
        armDeadline(index)
    }

    func armDeadline(_ index: Int) {
        let next = min(connections[index].userDeadline, connections[index].phaseDeadline)
        if next == Connection.noDeadline { wheel.remove(index) } else { wheel.set(index, at: next) }
    }

    func deadlineCame(_ index: Int) {
        let id = id(of: index)
        if connections[index].phaseDeadline <= now {
            switch connections[index].phase {
            case .connecting: finish(index, .connectFailed(ETIMEDOUT))
            case .flushing: finish(index, .error(ETIMEDOUT), reset: true)
            case .lingering: finish(index, .local)
            case .free, .open, .gone: break
            }
        } else if connections[index].userDeadline <= now {
            connections[index].userDeadline = Connection.noDeadline
            armDeadline(index)
            tally.deadlines += 1
            connections[index].handler?.deadlineReached(id)
        } else {
            armDeadline(index)
        }
    }
}
