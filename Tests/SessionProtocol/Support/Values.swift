import SessionProtocol

/// A name that the test's author knows to be good.
func subject(_ name: String) -> SubjectID { good(name, SubjectID.init) }
func scene(_ name: String) -> SceneID { good(name, SceneID.init) }
func node(_ name: String) -> NodeID { good(name, NodeID.init) }

private func good<Name>(_ text: String, _ make: (String) throws -> Name) -> Name {
    do { return try make(text) } catch { fatalError("\(text) is no name: \(error)") }
}

let session = SessionID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)

func moment(_ ms: UInt64) -> Moment { Moment(bootMs: ms, unixMs: 1_000_000 + ms) }

func encoded(_ message: Message, _ version: UInt8 = ProtocolVersion.latest) -> [UInt8] {
    var bytes: [UInt8] = []
    Frame.append(message, version: version, to: &bytes)
    return bytes
}

func outcome(
    _ id: SessionID = session, _ reason: EndReason = .completed, isPresumed: Bool = false, players: [String] = ["ann", "bob"]
) -> Outcome {
    Outcome(
        session: id, attempt: .first, scene: scene("duo"), reason: reason, endedIn: .playing, isPresumed: isPresumed,
        endedAtUnixMs: 5, players: players.map { PlayerOutcome(subject: subject($0)) })
}

func roster(_ count: Int) -> [AssignedPlayer] {
    (0..<count).map {
        AssignedPlayer(
            subject: subject("p\($0)"), ticket: Ticket(high: UInt64($0), low: ~UInt64($0)), sinceUnixMs: 3,
            placeSignature: ResumeSignature(high: 4, low: UInt64($0)),
            releaseSignature: ResumeSignature(high: UInt64($0), low: 5))
    }
}

func assignment(_ players: [AssignedPlayer] = roster(2), settings: SessionSettings? = nil) -> Assignment {
    Assignment(
        session: session, attempt: Attempt(7), scene: scene("duo"),
        settings: settings ?? SessionSettings(validatesPeers: true), seed: 0x0102_0304_0506_0708,
        resumeExpiresUnixMs: 88, players: players)
}

func hello() -> Hello {
    Hello(
        versionMin: 1, versionMax: 1, node: node("east"), incarnation: Incarnation(9),
        nonce: [UInt8](repeating: 3, count: 32), capacity: 50, publicURL: "wss://east.example/v1/play")
}

/// With a treatment, a role for every other player, what the first pairs have measured, and every rule of play.
func extended(_ assignment: Assignment) -> Assignment {
    var assignment = assignment
    assignment.extensions = extensions(of: assignment.players.count)
    assignment.extensions.playRules = PlayRules(
        attempts: AttemptRule(attemptsMax: 3, attemptTimeoutMs: 5_000), start: StartRule(countdownMs: 3_000),
        relay: RelayRule(messagesPerSecond: 100, bytesPerSecond: 65_536, backlogBytesMax: 262_144, slowReader: .dropLatest),
        ticks: TickRule(intervalMs: 50, missingInput: .repeat, lateInput: .drop),
        absence: AbsenceRule(pauses: true, loss: .bot, playersMin: 2),
        barriers: BarrierRule(missing: .lose, countdownMs: 1_000),
        episodes: EpisodeRule(count: 3, timeoutMs: 60_000, endsWhen: .anySays),
        watch: WatchRule(roundTripMaxMs: 300, roundTripForMs: 10_000, silentForMs: 20_000, hiddenForMs: 30_000, warningMs: 5_000))
    return assignment
}

func extended(_ outcome: Outcome) -> Outcome {
    var outcome = outcome
    outcome.extensions = extensions(of: outcome.players.count)
    return outcome
}

private func extensions(of count: Int) -> Extensions {
    Extensions(
        treatment: String(repeating: "é", count: 32),
        roles: (0..<count).map { $0 % 2 == 0 ? String(repeating: "r", count: 1 + $0 % 64) : nil },
        roundTrips: (0..<UInt8(count)).flatMap { lower in
            (lower + 1..<max(lower + 1, UInt8(count))).compactMap { higher in
                PlayerPair(PlayerIndex(lower), PlayerIndex(higher)).map { PairRoundTrip($0, roundTripUs: 60_000_000) }
            }
        },
        losses: (0..<UInt8(count)).map { PlayerLoss(PlayerIndex($0), .playerExcluded, text: String(repeating: "é", count: 120)) })
}

extension Message {
    /// As it is said in version 1.
    var withoutExtensions: Message {
        func plain(_ assignment: Assignment) -> Assignment {
            var assignment = assignment
            assignment.extensions = .none
            return assignment
        }
        switch self {
        case .assign(let assignment): return .assign(plain(assignment))
        case .holding(let state, let assignment): return .holding(state, plain(assignment))
        case .journalMatched(let node, let assignment): return .journalMatched(node, plain(assignment))
        case .ended(var outcome):
            outcome.extensions = .none
            return .ended(outcome)
        default: return self
        }
    }
}

/// One message of every kind, and more of those that have edges.
let samples: [Message] = {
    let longest = String(repeating: "é", count: 64)
    let everyCode = EndReason.allCases.map { CompletionCode(reason: $0, code: String(repeating: "c", count: 128)) }
    let fullSettings = SessionSettings(
        validatesPeers: false, onValidationFailure: .relay, enterTimeoutMs: .max, validationTimeoutMs: 0,
        reconnectGraceMs: 1, barrierTimeoutMs: 2, playTimeoutMs: 3, iceServers: String(repeating: "ß", count: 2048),
        completionCodes: everyCode)
    let fullRoster = (0..<255).map { index in
        AssignedPlayer(
            subject: subject("\(index + 100)" + String(repeating: "ü", count: 62)),
            ticket: Ticket(high: .max, low: UInt64(index)), sinceUnixMs: .max,
            placeSignature: ResumeSignature(high: .max, low: 0), releaseSignature: ResumeSignature(high: 0, low: .max))
    }
    let fullOutcome = Outcome(
        session: session, attempt: Attempt(.max), scene: scene(String(repeating: "s", count: 64)),
        reason: .shutdown, endedIn: .waiting, isPresumed: true, endedAtUnixMs: .max,
        players: fullRoster.map {
            PlayerOutcome(
                subject: $0.subject, isBlamed: true, isRequeued: true, hasFinished: true,
                result: [UInt8](repeating: 0xFF, count: 1024))
        }, failedPairs: (0..<1024).compactMap { PlayerPair(PlayerIndex(UInt8($0 % 254)), PlayerIndex(254)) })
    return [
        .hello(hello()),
        .challenge(
            Challenge(
                version: 1, node: node("mm"), incarnation: Incarnation(.max), nonce: [UInt8](0..<32),
                proof: [UInt8](32..<64))),
        .proof(Proof(proof: [UInt8](repeating: 0xAB, count: 32))),
        .welcome(Welcome(leaseGraceMs: 15_000, pingIntervalMs: 1_000)),
        .reject(Reject(code: .nodeInUse, detail: "")), .reject(Reject(code: .malformed, detail: longest + longest)),
        .assign(assignment()), .assign(assignment(roster(1))),
        .assign(assignment(fullRoster, settings: fullSettings)),
        .accepted(session, .first), .refused(session, Attempt(.max), .unsupported),
        .state(session, .first, .validating), .state(session, .first, .playing),
        .ended(outcome()), .ended(outcome(players: ["日本", "\u{1F600}"])), .ended(fullOutcome),
        .endedAck(session, .first), .cancel(session, .first, .playerLeft, blamed: []),
        .cancel(session, .first, .cancelled, blamed: (0..<255).map { PlayerIndex(UInt8($0)) }),
        .drop(session, .first), .ping(Ping(sentAtMs: .max, sessions: 1, players: .max)), .pong(sentAtMs: 0), .drain,
        .holding(.matched, assignment()), .holding(.playing, assignment(roster(255))), .inventoryEnd,
        .journalMatched(node("east"), assignment()), .assign(extended(assignment(fullRoster, settings: fullSettings))),
        .holding(.validating, extended(assignment())), .journalMatched(node("east"), extended(assignment(roster(1)))),
        .ended(extended(fullOutcome)),
    ]
}()

extension FrameDecoder {
    /// Takes bytes as they came, and adds the messages that they complete.
    mutating func feed(_ bytes: [UInt8], into messages: inout [Message]) throws(WireError) {
        var position = 0
        while let message = try next(from: bytes.span, at: &position) { messages.append(message) }
    }
}
