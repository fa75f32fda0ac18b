import Matchmaking
import SessionProtocol

/// The matchmaker's shell: one turn of its loop.
extension World {
    func turn(_ host: MatchmakerHost, _ inputs: some Collection<Input>) {
        let now = host.moment(nowUs)
        let life = host.life
        if options.canary != .inputFirst, !advance(host, now) { return }
        if !inputs.isEmpty { checkNothingDue(host.coreDueMs, host) }
        for input in inputs {
            take(input, host, now)
            if host.life != life { return }
        }
        if options.canary == .inputFirst, !advance(host, now) { return }
        commit(host)
        flush(host)
        exitIfDone(host)
        host.coreDueMs = host.isRunning ? host.nextDeadlineMs : nil
        host.dueMs = host.coreDueMs ?? .max
        schedule(host)
    }

    /// False when the process died over it.
    private func advance(_ host: MatchmakerHost, _ now: Moment) -> Bool {
        guard now.bootMs >= min(host.dueMs, host.advancedMs + 1000) else { return true }
        host.advancedMs = now.bootMs
        let life = host.life
        if options.canary != .missesDeadlines {
            events += 1
            host.core.advance(now: now, actions: &host.actions)
            perform(host)
            if host.life != life { return false }
        }
        host.coreDueMs = host.nextDeadlineMs
        if !host.core.isHolding { host.isJournalComplete = true }
        matchmakerAdvanced()
        return true
    }

    private func handle(_ event: MatchmakerEvent, _ host: MatchmakerHost, _ now: Moment) {
        events += 1
        host.core.handle(event, now: now, actions: &host.actions)
        perform(host)
    }

    private func take(_ input: Input, _ host: MatchmakerHost, _ now: Moment) {
        switch input {
        case .timer: break
        case .accepted(let link): linkAccepted(link)
        case .connected, .connectFailed: break
        case .linkBytes(let link, let bytes):
            readFrames(bytes, of: link, at: host) { takeLinkMessage($0, link, host, now) }
        case .linkClosed(let link):
            links[link].matchmakerEnd = .closed
            host.links.removeAll { $0 == link }
            if links[link].isProven {
                note("matchmaker: link \(link) is down")
                matchmakerLosesLink(link)
                handle(.linkDown(LinkHandle(UInt64(link))), host, now)
            }
        case .handshakeDeadline(let link):
            if links[link].matchmakerEnd == .open, !links[link].isProven {
                coverage.count(.handshakeTimeout)
                closeLinkAtMatchmaker(link, Reject(code: .handshakeTimeout, detail: "the handshake did not end in time"))
            }
        case .client(let connection, let message): takeClientMessage(message, connection, host, now)
        case .recorded:
            handle(.persisted(upTo: recordedUpTo(host)), host, now)
        case .storage(let isWorking):
            if !isWorking { metEverywhere(.matchmakerDiskFails, at: 0) }
            handle(.storage(isWorking: isWorking), host, now)
        case .cancel(let session): handle(.cancel(session), host, now)
        case .exclude, .offerSeat: break
        case .reconfigure(let scenes):
            metRemoval(scenes)
            served = Set(scenes.map(\.id))
            handle(.reconfigure(scenes), host, now)
        case .drain: handle(.drain, host, now)
        case .shutdown:
            beginStopping(host)
            metEverywhere(.matchmakerShutdown, at: 0)
            metUntold(.matchmakerShutdown) { _ in true }
            handle(.shutdown, host, now)
            for connection in host.connections { closeFromServer(connection) }
        }
    }

    private func takeLinkMessage(_ message: Message, _ link: Int, _ host: MatchmakerHost, _ now: Moment) {
        guard links[link].isProven else {
            do throws(HandshakeError) {
                switch try links[link].handshake?.receive(message) {
                case .send(let reply): sendFromMatchmaker(reply, link)
                case .proven(let hello):
                    links[link].isProven = true
                    links[link].matchmakerDecoder.version = links[link].handshake?.version ?? ProtocolVersion.first
                    note("matchmaker: \(hello.node) proven on link \(link)")
                    handle(.linkProven(LinkHandle(UInt64(link)), hello), host, now)
                case nil: break
                }
            } catch {
                closeLinkAtMatchmaker(link, error.reject)
            }
            return
        }
        if case .reject(let reject) = message {
            note("matchmaker: link \(link) rejected: \(reject.code)")
            return closeLinkAtMatchmaker(link, nil)
        }
        mix(UInt64(message.kind.rawValue))
        note("n\(links[link].coordinator + 1) → matchmaker: \(message.text)")
        matchmakerReads(message, link)
        if options.canary == .acknowledgesEarly, case .ended(let outcome) = message {
            perform(.link(LinkHandle(UInt64(link)), .endedAck(outcome.session, outcome.attempt)), host)
        }
        handle(.link(LinkHandle(UInt64(link)), message), host, now)
        matchmakerHasRead(message, link)
    }

    private func takeClientMessage(_ message: ClientMessage, _ connection: Int, _ host: MatchmakerHost, _ now: Moment) {
        let handle = ConnectionHandle(UInt64(connection))
        guard isHeard(message, on: connection) else { return }
        note("p\(connections[connection].client) → matchmaker on \(connection): \(message.text)")
        switch message {
        case .join(let request):
            matchmakerHears(request, on: connection)
            joinIsRead(on: connection)
            self.handle(.join(handle, request), host, now)
            matchmakerHeard()
        case .leave:
            truth.update(connection) { $0.hasLeft = true }
            metLeaving(on: connection)
            self.handle(.leave(handle), host, now)
        case .confirm:
            matchmakerHearsConfirm(on: connection)
            self.handle(.confirm(handle), host, now)
        case .measured(let ms): self.handle(.roundTrip(handle, ms), host, now)
        case .hangUp:
            host.connections.removeAll { $0 == connection }
            matchmakerLost(connection)
            guard options.canary != .leaksConnections else { return }
            let life = host.life
            self.handle(.disconnected(handle), host, now)
            if host.life == life { checkFateKnown(connection) }
        case .enter, .request, .relay, .input: break
        }
    }

    private func perform(_ host: MatchmakerHost) {
        guard !host.actions.isEmpty else { return }
        var due: [MatchmakerAction] = []
        swap(&due, &host.actions)
        for action in due {
            if host.killAfter != nil, isKilledNow(host) { return }
            perform(action, host)
        }
        due.removeAll(keepingCapacity: true)
        if host.actions.isEmpty { swap(&due, &host.actions) }
    }

    private func perform(_ action: MatchmakerAction, _ host: MatchmakerHost) {
        judge(action)
        switch action {
        case .reply(_, .ended) where options.canary == .swallowsEnds: break
        case .close(_, .normal) where options.canary == .swallowsEnds: break
        case .reply(let connection, let reply): say(.lobby(reply), on: Int(connection.number))
        case .close(let connection, _): closeFromServer(Int(connection.number))
        case .link(let link, let message): sendFromMatchmaker(message, Int(link.number))
        case .closeLink(let link, let reject):
            note("matchmaker closes link \(link.number)\(reject.map { ": \($0.code)" } ?? "")")
            closeLinkAtMatchmaker(Int(link.number), reject)
        case .persist(let record):
            host.journal.append(record)
            if options.canary == .recordsTwice, case .ended = record { host.journal.append(record) }
            if options.canary == .persistsEarly {
                queue.put(.input(0, life: host.life, .recorded), atUs: nowUs)
            }
        case .transition, .notice: break
        }
    }
}
