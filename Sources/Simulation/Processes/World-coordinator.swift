import Coordination
import SessionProtocol

/// A coordinator's shell: one turn of its loop.
extension World {
    /// The time as a coordinator's core is told it.
    func moment(_ host: CoordinatorHost) -> Moment {
        var now = host.moment(nowUs)
        guard options.canary == .keepsAfterLease else { return now }
        let coordinator = truth.coordinators[host.number - 1]
        if let fromMs = coordinator.leaseFromMs { now.bootMs = min(now.bootMs, fromMs + coordinator.leaseGraceMs - 1) }
        return now
    }

    func turn(_ host: CoordinatorHost, _ inputs: some Collection<Input>) {
        let now = moment(host)
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
        var dueMs = min(host.coreDueMs ?? .max, host.core.nextTickMs ?? .max)
        if case .waiting(let untilUs) = host.dial, !host.isStopping { dueMs = min(dueMs, host.bootMs(untilUs + 999)) }
        host.dueMs = dueMs
        schedule(host)
        checkCoordinator(host)
    }

    /// False when the process died over it.
    private func advance(_ host: CoordinatorHost, _ now: Moment) -> Bool {
        guard now.bootMs >= min(host.dueMs, host.advancedMs + 1000) else { return true }
        host.advancedMs = now.bootMs
        let life = host.life
        if options.canary != .missesDeadlines {
            events += 1
            host.core.advance(now: now, actions: &host.actions)
            host.coreDueMs = host.nextDeadlineMs
            perform(host)
            if host.life != life { return false }
        }
        if options.canary != .missesDeadlines {
            makeBundles(host, now)
            if host.life != life { return false }
        }
        coordinatorAdvanced(host, now)
        if case .waiting(let untilUs) = host.dial, untilUs <= nowUs, !host.isStopping { dial(host) }
        return true
    }

    private func makeBundles(_ host: CoordinatorHost, _ now: Moment) {
        var noticed = host.actions.count
        while host.core.nextBundle(now: now, into: &host.bundle, targets: &host.targets, actions: &host.actions) {
            events += 1
            bundleMade(host.bundle, host.actions[noticed...], host)
            noticed = host.actions.count
            for index in 0..<host.targets.count {
                var bundle = host.bundle
                if options.canary == .mixesBundles, index > 0 { bundle[bundle.count - 1] ^= 1 }
                say(.bundle(bundle), on: Int(host.targets[index].number))
            }
        }
        perform(host)
    }

    private func handle(_ event: CoordinatorEvent, _ host: CoordinatorHost, _ now: Moment) {
        events += 1
        host.core.handle(event, now: now, actions: &host.actions)
        host.coreDueMs = host.nextDeadlineMs
        perform(host)
    }

    private func take(_ input: Input, _ host: CoordinatorHost, _ now: Moment) {
        switch input {
        case .timer, .accepted: break
        case .connected(let link):
            guard case .connecting(link) = host.dial, var hello = host.hello else { return }
            links[link].coordinatorEnd = .open
            hello.nonce = host.random.bytes(32)
            host.dial = .handshaking(link, CoordinatorHandshake(hello: hello, secret: World.secret))
            queue.put(
                .input(host.number, life: host.life, .handshakeDeadline(link: link)),
                atUs: nowUs + linkLimits.handshakeTimeoutUs)
            sendFromCoordinator(.hello(hello), link, host)
        case .connectFailed(let link):
            links[link].coordinatorEnd = .closed
            if case .connecting(link) = host.dial { dialFailed(host) }
        case .linkBytes(let link, let bytes):
            readFrames(bytes, of: link, at: host) { takeLinkMessage($0, link, host, now) }
        case .linkClosed(let link):
            links[link].coordinatorEnd = .closed
            switch host.dial {
            case .up(link):
                host.dial = .waiting(untilUs: nowUs + linkLimits.redialFirstMs * 1000)
                note("n\(host.number): link \(link) is down")
                coordinatorLostLink(host)
                handle(.linkDown, host, now)
            case .connecting(link), .handshaking(link, _): dialFailed(host)
            case .waiting, .connecting, .handshaking, .up, .stopped: break
            }
        case .handshakeDeadline(let link):
            if case .handshaking(link, _) = host.dial {
                coverage.count(.handshakeTimeout)
                closeLinkAtCoordinator(host, Reject(code: .handshakeTimeout, detail: "the handshake did not end in time"))
            }
        case .client(let connection, let message): takeClientMessage(message, connection, host, now)
        case .recorded:
            handle(.persisted(upTo: recordedUpTo(host)), host, now)
        case .storage(let isWorking):
            if !isWorking { metEverywhere(.coordinatorDiskFails, at: host.number) }
            handle(.storage(isWorking: isWorking), host, now)
        case .cancel(let session): handle(.cancel(session), host, now)
        case .exclude(let session, let player):
            truth.administered = (session, player)
            if truth.coordinators[host.number - 1].copies[truth.number(of: session)] == nil {
                coverage.count(.excludedByAdministrator, .ended)
            }
            handle(.exclude(session, player, reason: "by order"), host, now)
            truth.administered = nil
        case .offerSeat(let session, let player, let bot): offerSeat(session, player, to: bot, host)
        case .reconfigure: break
        case .drain: handle(.drain, host, now)
        case .shutdown:
            beginStopping(host)
            metBeside(.coordinatorShutdown, at: host.number)
            handle(.shutdown, host, now)
        }
    }

    private func takeLinkMessage(_ message: Message, _ link: Int, _ host: CoordinatorHost, _ now: Moment) {
        if case .handshaking(link, var handshake) = host.dial {
            do throws(HandshakeError) {
                switch try handshake.receive(message) {
                case .send(let reply):
                    host.dial = .handshaking(link, handshake)
                    sendFromCoordinator(reply, link, host)
                case .established(_, let terms):
                    host.dial = .up(link)
                    links[link].coordinatorDecoder.version = handshake.version
                    host.dialFailures = 0
                    note("n\(host.number): link \(link) is up")
                    coordinatorGotLink(host, terms)
                    handle(.linkUp(terms: terms), host, now)
                    probeLease(host)
                }
            } catch {
                coverage.count(.handshakeFailed)
                note("n\(host.number): handshake fails: \(error)")
                closeLinkAtCoordinator(host, error.reject)
            }
            return
        }
        guard case .up(link) = host.dial else { return }
        if case .reject(let reject) = message {
            note("n\(host.number): link \(link) rejected: \(reject.code)")
            return closeLinkAtCoordinator(host, nil)
        }
        mix(UInt64(message.kind.rawValue))
        note("matchmaker → n\(host.number): \(message.text)")
        coordinatorReads(message, host)
        handle(.link(message), host, now)
        coordinatorHasRead(message, host)
    }

    private func takeClientMessage(_ message: ClientMessage, _ connection: Int, _ host: CoordinatorHost, _ now: Moment) {
        let handle = ConnectionHandle(UInt64(connection))
        guard isHeard(message, on: connection) else { return }
        if trace != nil {
            if case .relay = message {} else if case .input = message {} else { note("p\(connections[connection].client) → n\(host.number) on \(connection): \(message.text)") }
        }
        watchHears(message, on: connection, host)
        switch message {
        case .enter(let session, let ticket, let received, let tick):
            let ticket = options.canary == .helpsStrangers ? truth.anyTicket(of: session) ?? ticket : ticket
            coordinatorHears(enter: session, ticket, received: received, on: connection, host)
            self.handle(.enter(handle, session, ticket, received: received, tick: tick), host, now)
            checkCaughtUp(host)
        case .request(let request):
            coordinatorHears(request, on: connection, host)
            self.handle(.request(handle, request), host, now)
            checkLossTaken(connection, host)
        case .relay(let kind, let address, let page, let number):
            relay(kind, address, page, number, from: connection, host)
        case .input(let tick, let number):
            events += 1
            let payload = [tick.bigEndian, number.bigEndian].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
            let result = host.core.input(from: handle, address: 255, payload: payload.span, now: now)
            judge(input: number, for: tick, from: connection, result, host)
            if case .refused(let error) = result { say(.play(.error(error, message: "")), on: connection) }
        case .hangUp:
            host.connections.removeAll { $0 == connection }
            coordinatorHears(hangUp: connection, host)
            if options.canary != .leaksConnections { self.handle(.disconnected(handle), host, now) }
        case .join, .leave, .confirm, .measured: break
        }
    }

    private func relay(
        _ kind: UInt8, _ address: UInt8, _ page: UInt32, _ number: UInt32, from connection: Int, _ host: CoordinatorHost
    ) {
        events += 1
        var payload = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<4 {
            payload[index] = UInt8(truncatingIfNeeded: page >> UInt32(8 * index))
            payload[4 + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index))
        }
        let result = host.core.relay(
            from: ConnectionHandle(UInt64(connection)), kind: kind, address: address, payload: payload.span, now: moment(host),
            targets: &host.targets)
        let own = truth.coordinators[host.number - 1].seats[connection]?.player ?? 0
        judge(
            relayed: kind, to: address, RelayAccount.word(UInt8(truncatingIfNeeded: own), page, number), from: connection, result, host)
        switch result {
        case .forwarded(let player):
            if options.canary == .losesMessages, number % 8 == 7 { return }
            for index in 0..<host.targets.count {
                say(.relayed(kind: kind, from: player.number, page: page, number: number), on: Int(host.targets[index].number))
            }
        case .refused(let error): say(.play(.error(error, message: "")), on: connection)
        case .dropped: break
        }
    }

    private func perform(_ host: CoordinatorHost) {
        guard !host.actions.isEmpty else { return }
        var due: [CoordinatorAction] = []
        swap(&due, &host.actions)
        // A core reports its transitions at the end of an event, and means all that it does as done behind them.
        for case .transition(let transition) in due { judge(transition, host) }
        for action in due {
            if host.killAfter != nil, isKilledNow(host) { return }
            perform(action, host)
        }
        due.removeAll(keepingCapacity: true)
        if host.actions.isEmpty { swap(&due, &host.actions) }
    }

    private func perform(_ asked: CoordinatorAction, _ host: CoordinatorHost) {
        let action = options.canary == .hidesRequeue ? asked.withoutRequeue : asked
        judge(action, host)
        switch action {
        case .reply(let connection, let reply): say(.play(reply), on: Int(connection.number))
        case .replay(let connection, let player, let bytes):
            guard bytes.count == 8 else { return }
            let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            say(
                .relayed(
                    kind: 0, from: player.number, page: UInt32(truncatingIfNeeded: word),
                    number: UInt32(truncatingIfNeeded: word >> 32)), on: Int(connection.number))
        case .replayTick(let connection, let bytes):
            coverage.count(.ticksReplayed)
            say(.bundle(bytes), on: Int(connection.number))
        case .limitBacklog: break
        case .close(let connection, _): closeFromServer(Int(connection.number))
        case .link(let message):
            if case .up(let link) = host.dial { sendFromCoordinator(message, link, host) }
        case .closeLink(let reject):
            note("n\(host.number) closes its link\(reject.map { ": \($0.code)" } ?? "")")
            closeLinkAtCoordinator(host, reject)
        case .persist(let record):
            host.journal.append(record)
            if options.canary == .tellsEarly, case .ended(let outcome) = record { tellEarly(outcome, host) }
            if options.canary == .persistsEarly { queue.put(.input(host.number, life: host.life, .recorded), atUs: nowUs) }
        case .transition, .notice: break
        }
    }

    private func tellEarly(_ outcome: Outcome, _ host: CoordinatorHost) {
        let seats = truth.coordinators[host.number - 1].seats
        for connection in seats.keys.sorted() where seats[connection].map({ truth[$0.session].id }) == outcome.session {
            let reply = PlayerReply.ended(outcome.session, outcome.reason, requeued: false, resume: "", completionCode: nil)
            perform(.reply(ConnectionHandle(UInt64(connection)), reply), host)
        }
    }
}

extension CoordinatorAction {
    fileprivate var withoutRequeue: CoordinatorAction {
        guard case .reply(let connection, .ended(let session, let reason, true, let resume, let code)) = self else { return self }
        return .reply(connection, .ended(session, reason, requeued: false, resume: resume, completionCode: code))
    }
}
