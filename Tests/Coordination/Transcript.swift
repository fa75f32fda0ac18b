import SessionProtocol

@testable import Coordination

extension CoordinatorAction {
    /// One line of a transcript.
    var line: String {
        switch self {
        case .reply(let connection, let reply): "\(connection.number) < \(reply.line)"
        case .replay(let connection, let from, let bytes): "\(connection.number) < replay p\(from) \(bytes)"
        case .limitBacklog(let connection, let bytesMax, let dropsLatest):
            "\(connection.number) limit \(bytesMax)\(dropsLatest ? " drops latest" : "")"
        case .replayTick(let connection, let bytes): "\(connection.number) < \(tickLine(bytes.span))"
        case .close(let connection, let close): "\(connection.number) x \(close.word)"
        case .link(let message): "> \(message.line)"
        case .closeLink(let reject): "> x\(reject.map { " \($0.code)" } ?? "")"
        case .persist(let message): "# \(message.line)"
        case .transition(let transition): "\(transition.from) to \(transition.to)"
        case .notice(let notice): "\(notice)"
        }
    }
}

extension PlayerReply {
    var line: String {
        switch self {
        case .entered(_, let player, let players, let state, let missed, let missedTicks, _):
            "entered p\(player) [\(players.map { "\($0.player)\($0.isConnected ? "+" : "-")\($0.isLost ? "x" : "")" }.joined(separator: " "))]"
                + " \(state)" + (missed > 0 ? " missed \(missed)" : "")
                + (missedTicks > 0 ? " missed \(missedTicks) ticks" : "")
        case .validate(let task):
            "validate \(task.peers.list) offer \(task.offerTo.list) in \(task.deadlineMs)"
                + (task.validated.isEmpty ? "" : " validated \(task.validated.list)")
                + " attempt \(task.attempt) in \(task.attemptMs)"
        case .retry(let peer, let attempt, let offers, _, let deadlineMs):
            "retry p\(peer) attempt \(attempt)\(offers ? " offer" : "") in \(deadlineMs)"
        case .signal(let from, let data, let attempt):
            "signal p\(from) \(data)\(attempt.map { " attempt \($0)" } ?? "")"
        case .transport(let transport): "transport \(transport)"
        case .play(let transport, let seed, let start, let ticks):
            "play \(transport) \(seed)" + (start.inMs > 0 ? " \(start.line)" : "")
                + (ticks.map { " ticks of \($0.intervalMs), \($0.inputBytesMax) from \($0.next)" } ?? "")
        case .clock(let sample, let serverMs): "clock \(sample) at \(serverMs)"
        case .start(let start): "start \(start.line)"
        case .go(let barrier, let instant, let missing):
            "go \(barrier)\(instant.map { " in \($0.inMs)" } ?? "")\(missing.isEmpty ? "" : " without \(missing.list)")"
        case .episode(let number, let count, let instant, let deadlineMs): "episode \(number)/\(count) \(instant.line) for \(deadlineMs)"
        case .reset(let number, let deadlineMs): "reset \(number) for \(deadlineMs)"
        case .done: "done"
        case .paused(let player): "paused p\(player)"
        case .resumed(let instant): "resumed \(instant.line)"
        case .playerLost(let player, let reason, let isForBot): "lost p\(player) \(reason)\(isForBot ? " bot" : "")"
        case .playerSeated(let player): "seated p\(player)"
        case .peerDisconnected(let player, let graceMs): "gone p\(player) \(graceMs)"
        case .peerReconnected(let player): "back p\(player)"
        case .warning(let aspect, let inMs): "warning \(aspect) in \(inMs)"
        case .warningOver(let aspect): "warning \(aspect) over"
        case .ended(let session, let reason, let requeued, let resume, let code):
            "ended s\(session.low) \(reason)\(requeued ? " requeued" : "") \(word(ofResume: resume))\(code.map { " " + $0 } ?? "")"
        case .error(let error, _): "error \(error.rawValue)"
        }
    }
}

extension StartInstant {
    var line: String {
        "in \(inMs)" + (agoMs > 0 ? " ago \(agoMs)" : "") + (clientMs.map { " at \($0)" } ?? "")
            + (pausedMs > 0 ? " paused \(pausedMs)" : "")
    }
}

extension Message {
    var line: String {
        switch self {
        case .accepted(let session, let attempt): "accepted s\(session.low)/\(attempt)"
        case .refused(let session, let attempt, let reason): "refused s\(session.low)/\(attempt) \(reason)"
        case .state(let session, let attempt, let state): "state s\(session.low)/\(attempt) \(state)"
        case .ended(let outcome): outcome.line
        case .endedAck(let session, let attempt): "ack s\(session.low)/\(attempt)"
        case .holding(let state, let assignment):
            "holding s\(assignment.session.low)/\(assignment.attempt) \(state)"
                + (assignment.extensions.losses.isEmpty ? "" : " lost \(assignment.extensions.losses.map(\.player).list)")
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .cancel, .drop, .ping, .pong, .drain,
            .inventoryEnd, .journalMatched:
            "\(kind)"
        }
    }
}

extension Outcome {
    /// Blamed and requeued players as far as there are any.
    var line: String {
        let blamed = players.indices.filter { players[$0].isBlamed }
        let requeued = players.indices.filter { players[$0].isRequeued }
        // Those whose loss ended it are named by the blame.
        let earlier = losses.filter { !players[Int($0.player.number)].isBlamed }
        return "ended s\(session.low)/\(attempt) \(reason) in \(endedIn)"
            + (blamed.isEmpty ? "" : " blamed \(blamed)") + (requeued.isEmpty ? "" : " requeued \(requeued)")
            + (earlier.isEmpty ? "" : " lost \(earlier.map { "\($0.player) \($0.reason)\($0.text.isEmpty ? "" : " (\($0.text))")" })")
            + (failedPairs.isEmpty ? "" : " failed \(failedPairs.map { "\($0.lower)-\($0.higher)" })")
    }
}

extension [PlayerIndex] {
    var list: String { "\(map(\.number))" }
}

extension PlayerClose {
    fileprivate var word: String {
        switch self {
        case .normal: "normal"
        case .replaced: "replaced"
        case .fatal(let error): error.rawValue
        }
    }
}

/// A bundle: its number, and for each player `-`, the input, or the input that is repeated, in brackets with a star.
func tickLine(_ bundle: Span<UInt8>) -> String {
    func number(_ from: Int, _ count: Int) -> Int { (from..<from + count).reduce(0) { $0 << 8 | Int(bundle[$1]) } }
    var line = "tick \(number(0, 4))"
    var at = 4
    while at < bundle.count {
        let head = number(at, 2)
        at += 2
        if head == 0xFFFF {
            line += " -"
        } else {
            let length = head & 0x7FFF
            line += " \((at..<at + length).map { bundle[$0] })" + (head & 0x8000 != 0 ? "*" : "")
            at += length
        }
    }
    return line
}

/// `place0` or `release0`: which of its two resumes a player was given, told by the signature that Stage put there.
private func word(ofResume text: String) -> String {
    if text.isEmpty { return "none" }
    guard let resume = Resume(text) else { return "unreadable" }
    return switch (resume.claim.kind, resume.signature.high) {
    case (.releasedPlace, 1): "place\(resume.signature.low)"
    case (.release, 2): "release\(resume.signature.low)"
    default: "mixed up"
    }
}
