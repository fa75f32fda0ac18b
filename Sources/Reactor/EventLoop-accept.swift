import CLinux
import Glibc

// Listening and accepting, within limits.
extension EventLoop {
    /// Listens, and gives what it accepts to the handler. Throws `addressInUse`, `cannotListen`, `unixPathInvalid`, `unixPathOccupied` or `system`.
    /// A Unix socket's file that is left from a dead process is replaced.
    public func listen(
        at address: SocketAddress, handler: any ConnectionHandler, limits: ListenerLimits = .init()
    ) throws(ReactorError) -> Listener {
        let opened = try OpenedListener(at: address, limits: limits)
        let index = listeners.firstIndex { $0 == nil } ?? listeners.count
        if index == listeners.count { listeners.append(nil) }
        listenerSerial &+= 1
        let token = UInt64(listenerSerial) << 32 | UInt64(Token.listener) | UInt64(index)
        let listener = Listener(
            loop: self, opened: opened, handler: handler, limits: limits, index: index, token: token)
        let code = poller.add(opened.descriptor, .input, token: token)
        guard code == 0 else {
            listener.close()
            throw .system(operation: "epoll_ctl", errno: code)
        }
        listeners[index] = listener
        return listener
    }

    /// The listener was closed; its connections no longer count for anyone.
    func forget(_ listener: Listener) {
        guard listener.index < listeners.count, listeners[listener.index] === listener else { return }
        listeners[listener.index] = nil
        for index in connections.indices where connections[index].listener == Int32(listener.index) {
            connections[index].listener = Connection.noListener
        }
    }

    func acceptWaiting(_ listener: Listener) {
        for _ in 0..<listener.limits.acceptsPerTurnMax {
            // A handler may have closed the listener.
            guard listener.isOpen, listener.pausedUntil == nil else { return }
            let (result, peer) = Socket.accept(listener.descriptor)
            switch result {
            case .moved(let descriptor):
                adoptAccepted(Int32(descriptor), peer: peer, listener)
            case .wouldBlock, .ended:
                return
            case .failed(let code):
                tally.acceptFailures += 1
                switch code {
                case EMFILE, ENFILE: if !turnAwayWithReserve(listener) { pauseAccepting(listener) }
                case ENOBUFS, ENOMEM: pauseAccepting(listener)
                // That peer alone was lost (ECONNABORTED, EPROTO, EPERM by a firewall …); the next may be fine.
                default: break
                }
            }
        }
    }

    func resumeAccepting(_ listener: Listener) {
        listener.pausedUntil = nil
        if poller.add(listener.descriptor, .input, token: listener.token) != 0 {
            listener.pausedUntil = now + limits.acceptPauseMs
        }
    }

    private func adoptAccepted(_ descriptor: Int32, peer: SocketAddress?, _ listener: Listener) {
        guard let peer, listener.connections < listener.limits.connectionsMax,
            tally.connections - refusalsLingering < limits.connectionsMax
        else {
            refuse(descriptor, listener)
            return
        }
        let id = adopt(
            descriptor, phase: .open, handler: listener.handler, outboundBytesMax: listener.limits.outboundBytesMax)
        guard poller.add(descriptor, [.input, .peerFinished, .edges], token: id.rawValue) == 0 else {
            // No memory for it in the kernel. The handler has not heard of the id and never will.
            connections[id.index].handler = nil
            refusalsLingering += 1
            tally.refused += 1
            finish(id.index, .local)
            return
        }
        connections[id.index].listener = Int32(listener.index)
        listener.connections += 1
        tally.accepted += 1
        listener.handler.opened(id, peer: peer)
    }

    /// Sends the refusal and closes. A few refused connections are kept until the peer has read it, since its request, arriving at a closed
    /// socket, would make the kernel send a reset that could overtake it.
    private func refuse(_ descriptor: Int32, _ listener: Listener) {
        tally.refused += 1
        guard !listener.limits.refusal.isEmpty else {
            Socket.close(descriptor)
            return
        }
        let sent = unsafe listener.limits.refusal.withUnsafeBytes { unsafe Socket.send(descriptor, $0) }
        guard refusalsLingering < limits.refusalsLingeringMax, case .moved = sent else {
            Socket.close(descriptor)
            return
        }
        let id = adopt(descriptor, phase: .lingering, handler: nil, outboundBytesMax: nil)
        refusalsLingering += 1
        guard shutdown(descriptor, Int32(SHUT_WR)) == 0,
            poller.add(descriptor, [.input, .peerFinished, .edges], token: id.rawValue) == 0
        else {
            finish(id.index, .local)
            return
        }
        setPhaseDeadline(id.index, after: limits.closeTimeoutMs)
    }

    /// No descriptor is left: one is given up to take the peer off the backlog and close it, so that it is told and the listener
    /// does not report it for ever.
    private func turnAwayWithReserve(_ listener: Listener) -> Bool {
        guard reserve >= 0 else {
            reserve = Self.openReserve()
            return false
        }
        Socket.close(reserve)
        let (result, _) = Socket.accept(listener.descriptor)
        if case .moved(let descriptor) = result {
            Socket.close(Int32(descriptor))
            tally.refused += 1
        }
        reserve = Self.openReserve()
        switch result {
        case .moved, .wouldBlock: return true
        case .ended, .failed: return false
        }
    }

    private func pauseAccepting(_ listener: Listener) {
        tally.acceptPauses += 1
        poller.remove(listener.descriptor)
        listener.pausedUntil = now + limits.acceptPauseMs
    }
}
