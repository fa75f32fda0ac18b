import SessionProtocol

/// Links: real frames in bytes that come late, in pieces, damaged, or not at all.
extension World {
    // MARK: Dialling

    func dial(_ host: CoordinatorHost) {
        if host.dialsFromUs > nowUs { return host.dial = .waiting(untilUs: host.dialsFromUs) }
        let link = links.count
        links.append(Link(coordinator: host.number - 1, coordinatorLife: host.life, matchmakerLife: matchmaker.life))
        host.dial = .connecting(link)
        queue.put(.dialArrives(link), atUs: nowUs + latencyUs(host.number - 1))
    }

    func dialFailed(_ host: CoordinatorHost) {
        let waitMs = min(linkLimits.redialLastMs, linkLimits.redialFirstMs << UInt64(min(host.dialFailures, 16)))
        let jitteredMs = waitMs / 2 + host.random.between(0, waitMs / 2)
        host.dialFailures += 1
        host.dial = .waiting(untilUs: nowUs + jitteredMs * 1000)
    }

    /// The kernel of the matchmaker's machine answers, also for a process that is stopped.
    func dialArrives(_ link: Int) {
        let index = links[link].coordinator
        let host = coordinators[index]
        guard host.life == links[link].coordinatorLife else { return }
        let path = paths[index]
        if path.toMatchmakerBlockedUntilUs > nowUs || path.toCoordinatorBlockedUntilUs > nowUs {
            let input = Input.connectFailed(link: link)
            queue.put(.input(host.number, life: host.life, input), atUs: nowUs + linkLimits.connectTimeoutUs)
            return
        }
        let backUs = nowUs + latencyUs(index)
        guard matchmaker.isRunning, !matchmaker.isStopping else {
            return queue.put(.input(host.number, life: host.life, .connectFailed(link: link)), atUs: backUs)
        }
        links[link].matchmakerLife = matchmaker.life
        matchmaker.links.append(link)
        queue.put(.input(0, life: matchmaker.life, .accepted(link: link)), atUs: nowUs)
        queue.put(.input(host.number, life: host.life, .connected(link: link)), atUs: backUs)
    }

    func linkAccepted(_ link: Int) {
        guard links[link].matchmakerEnd == .opening else { return }
        links[link].matchmakerEnd = .open
        links[link].handshake = MatchmakerHandshake(
            identity: NodeIdentity(node: .of("m"), incarnation: Incarnation(UInt64(matchmaker.life) + 1)),
            secret: World.secret, nonce: matchmaker.random.bytes(32))
        queue.put(
            .input(0, life: matchmaker.life, .handshakeDeadline(link: link)), atUs: nowUs + linkLimits.handshakeTimeoutUs)
    }

    // MARK: Sending

    func sendFromMatchmaker(_ message: Message, _ link: Int) {
        guard links[link].matchmakerEnd == .open else { return }
        if links[link].fromMatchmaker.isEmpty { matchmaker.dirtyLinks.append(link) }
        Frame.append(message, version: links[link].matchmakerDecoder.version, to: &links[link].fromMatchmaker)
    }

    func sendFromCoordinator(_ message: Message, _ link: Int, _ host: CoordinatorHost) {
        guard links[link].coordinatorEnd == .open else { return }
        if links[link].fromCoordinator.isEmpty { host.dirtyLinks.append(link) }
        Frame.append(message, version: links[link].coordinatorDecoder.version, to: &links[link].fromCoordinator)
    }

    /// At the end of a turn: what it gave to each link goes out at once.
    func flush(_ host: Host) {
        guard !host.dirtyLinks.isEmpty else { return }
        for link in host.dirtyLinks { flush(link, toMatchmaker: host.number != 0) }
        host.dirtyLinks.removeAll(keepingCapacity: true)
    }

    private func flush(_ link: Int, toMatchmaker: Bool) {
        var bytes: [UInt8] = []
        if toMatchmaker { swap(&bytes, &links[link].fromCoordinator) } else { swap(&bytes, &links[link].fromMatchmaker) }
        guard !bytes.isEmpty, links[link].brokenAtUs > nowUs else { return }
        let underWay = toMatchmaker ? links[link].toMatchmaker.byteCount : links[link].toCoordinator.byteCount
        if underWay + bytes.count > linkLimits.outboundBytesMax { return breakLink(link, noticeUs: (0, 0)) }
        if bytes.count > 1, random.perMille(150) {
            // In pieces, as a stream may come.
            let cut = random.between(1, bytes.count - 1)
            carry(Array(bytes[..<cut]), link, toMatchmaker)
            carry(Array(bytes[cut...]), link, toMatchmaker)
        } else {
            carry(bytes, link, toMatchmaker)
        }
    }

    private func carry(_ bytes: [UInt8], _ link: Int, _ toMatchmaker: Bool) {
        if toMatchmaker { links[link].toMatchmaker.put(bytes) } else { links[link].toCoordinator.put(bytes) }
        queue.put(.linkArrival(link, toMatchmaker: toMatchmaker), atUs: arrivalUs(link, toMatchmaker))
    }

    private func arrivalUs(_ link: Int, _ toMatchmaker: Bool) -> UInt64 {
        let index = links[link].coordinator
        let atUs = nowUs + latencyUs(index)
        if toMatchmaker {
            links[link].toMatchmakerLastUs = max(atUs, links[link].toMatchmakerLastUs)
            return links[link].toMatchmakerLastUs
        }
        links[link].toCoordinatorLastUs = max(atUs, links[link].toCoordinatorLastUs)
        return links[link].toCoordinatorLastUs
    }

    private func latencyUs(_ index: Int) -> UInt64 {
        random.between(50, 1500) + (paths[index].delayUntilUs > nowUs ? paths[index].delayUs : 0)
    }

    /// The next piece of a stream gets through, or is held up.
    func linkArrival(_ link: Int, _ toMatchmaker: Bool) {
        guard links[link].brokenAtUs > nowUs else { return }
        let path = paths[links[link].coordinator]
        let blockedUntilUs = toMatchmaker ? path.toMatchmakerBlockedUntilUs : path.toCoordinatorBlockedUntilUs
        if blockedUntilUs > nowUs {
            // TCP sends it again until it gets through.
            return queue.put(.linkArrival(link, toMatchmaker: toMatchmaker), atUs: blockedUntilUs + 1000)
        }
        guard var bytes = toMatchmaker ? links[link].toMatchmaker.take() : links[link].toCoordinator.take() else { return }
        if bytes.isEmpty { return linkEndCloses(link, atMatchmaker: toMatchmaker) }
        if let corruption = links[link].corruption, corruption.toMatchmaker == toMatchmaker {
            links[link].corruption = nil
            let bit = Int(corruption.bit % UInt64(bytes.count * 8))
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            note("a bit changes on link \(link)")
        }
        mix(UInt64(bytes.count))
        if toMatchmaker {
            guard links[link].matchmakerEnd != .closed else { return }
            queue.put(.input(0, life: links[link].matchmakerLife, .linkBytes(link: link, bytes)), atUs: nowUs)
        } else {
            let index = links[link].coordinator
            guard links[link].coordinatorEnd != .closed else { return }
            queue.put(.input(index + 1, life: links[link].coordinatorLife, .linkBytes(link: link, bytes)), atUs: nowUs)
        }
    }

    /// What comes to one end of a link is read as long as that end is open and its process lives.
    func readFrames(_ bytes: [UInt8], of link: Int, at host: Host, _ take: (Message) -> Void) {
        let life = host.life
        let isMatchmaker = host.number == 0
        var position = 0
        while host.life == life, (isMatchmaker ? links[link].matchmakerEnd : links[link].coordinatorEnd) == .open {
            do throws(WireError) {
                let message =
                    isMatchmaker
                    ? try links[link].matchmakerDecoder.next(from: bytes.span, at: &position)
                    : try links[link].coordinatorDecoder.next(from: bytes.span, at: &position)
                guard let message else { return }
                take(message)
            } catch {
                coverage.count(.frameRefused)
                note("\(name(host.number)) cannot read a frame of link \(link): \(error)")
                let reject = Reject(code: .malformed, detail: "\(error)")
                if isMatchmaker { closeLinkAtMatchmaker(link, reject) } else { closeLinkAtCoordinator(coordinators[host.number - 1], reject) }
            }
        }
    }

    // MARK: Closing

    func closeLinkAtMatchmaker(_ link: Int, _ reject: Reject?) {
        guard links[link].matchmakerEnd == .open else { return }
        if let reject { sendFromMatchmaker(.reject(reject), link) }
        flush(link, toMatchmaker: false)
        links[link].matchmakerEnd = .closing
        queue.put(.linkClosed(link, atMatchmaker: true), atUs: nowUs + 20)
        finish(link, toMatchmaker: false)
    }

    func closeLinkAtCoordinator(_ host: CoordinatorHost, _ reject: Reject?) {
        let link: Int
        switch host.dial {
        case .up(let open), .handshaking(let open, _): link = open
        case .waiting, .connecting, .stopped: return
        }
        guard links[link].coordinatorEnd == .open else { return }
        if let reject { sendFromCoordinator(.reject(reject), link, host) }
        flush(link, toMatchmaker: true)
        links[link].coordinatorEnd = .closing
        queue.put(.linkClosed(link, atMatchmaker: false), atUs: nowUs + 20)
        finish(link, toMatchmaker: true)
    }

    /// The end of a stream travels behind its bytes.
    private func finish(_ link: Int, toMatchmaker: Bool) { carry([], link, toMatchmaker) }

    /// An end learns that its connection is over.
    func linkEndCloses(_ link: Int, atMatchmaker: Bool) {
        let end = atMatchmaker ? links[link].matchmakerEnd : links[link].coordinatorEnd
        guard end != .closed else { return }
        if atMatchmaker {
            queue.put(.input(0, life: links[link].matchmakerLife, .linkClosed(link: link)), atUs: nowUs)
        } else {
            let index = links[link].coordinator
            queue.put(.input(index + 1, life: links[link].coordinatorLife, .linkClosed(link: link)), atUs: nowUs)
        }
    }

    /// A link breaks: nothing gets through any more, and each end learns of it in its own time; at the coordinator's it may
    /// be left to whoever broke it, or to the lease.
    func breakLink(_ link: Int, noticeUs: (matchmaker: UInt64, coordinator: UInt64?)) {
        guard links[link].brokenAtUs > nowUs else { return }
        links[link].brokenAtUs = nowUs
        note("link \(link) of n\(links[link].coordinator + 1) breaks")
        queue.put(.linkClosed(link, atMatchmaker: true), atUs: nowUs + random.between(0, noticeUs.matchmaker))
        guard let coordinatorUs = noticeUs.coordinator else { return }
        queue.put(.linkClosed(link, atMatchmaker: false), atUs: nowUs + random.between(0, coordinatorUs))
    }

    /// A process at one end is gone. Its kernel closes the connection, unless the machine went with it: then the other end
    /// learns only when its own patience is over, or when it hears from the machine again.
    func processLeavesLink(_ link: Int, atMatchmaker: Bool, silently: Bool) {
        if atMatchmaker {
            links[link].matchmakerEnd = .closed
            links[link].fromMatchmaker = []
        } else {
            links[link].coordinatorEnd = .closed
            links[link].fromCoordinator = []
        }
        if silently {
            links[link].brokenAtUs = min(links[link].brokenAtUs, nowUs)
            let atUs = nowUs + random.between(1_000_000, 15_000_000)
            queue.put(.linkClosed(link, atMatchmaker: !atMatchmaker), atUs: atUs)
        } else {
            finish(link, toMatchmaker: !atMatchmaker)
        }
    }

    /// The link that a coordinator is on or on its way to.
    func currentLink(_ host: CoordinatorHost) -> Int? {
        switch host.dial {
        case .handshaking(let link, _), .up(let link): link
        case .waiting, .connecting, .stopped: nil
        }
    }
}
