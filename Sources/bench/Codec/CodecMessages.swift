import SessionProtocol

/// One message of every kind, as large as it usually is.
enum CodecMessages {
    /// The one that the targets are about.
    static let judged = "assign, 2 players"

    static func all() throws(BenchError) -> [(name: String, message: Message)] {
        do { return try made() } catch { throw .failure("a name of the benchmark's own is refused: \(error)") }
    }

    /// Small frames in the proportion in which they come in play.
    static func small() throws(BenchError) -> [Message] {
        try all().map(\.message).filter { message in
            switch message {
            case .accepted, .state, .endedAck, .ping, .pong: true
            case .hello, .challenge, .proof, .welcome, .reject, .assign, .refused, .ended, .cancel, .drop, .drain,
                .holding, .inventoryEnd, .journalMatched:
                false
            }
        }
    }

    private static func made() throws(NameError) -> [(name: String, message: Message)] {
        let session = SessionID(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
        let (node, scene) = (try NodeID("coordinator-1"), try SceneID("duo"))
        let random = [UInt8](0..<32)
        let hello = Hello(
            versionMin: 1, versionMax: 1, node: node, incarnation: Incarnation(7), nonce: random, capacity: 10_000,
            publicURL: "wss://play-1.example.org/v1/play")
        let challenge = Challenge(
            version: 1, node: try NodeID("matchmaker"), incarnation: Incarnation(8), nonce: random, proof: random)
        let two = try assignment(session, scene, players: 2)
        return [
            ("hello", .hello(hello)), ("challenge", .challenge(challenge)), ("proof", .proof(Proof(proof: random))),
            ("welcome", .welcome(Welcome(leaseGraceMs: 15_000, pingIntervalMs: 1_000))),
            ("reject", .reject(Reject(code: .badProof, detail: "the shared secrets differ"))),
            (judged, .assign(two)),
            ("assign, 8 players", .assign(try assignment(session, scene, players: 8))),
            ("assign, 255 players", .assign(try assignment(session, scene, players: 255))),
            ("accepted", .accepted(session, .first)), ("refused", .refused(session, .first, .full)),
            ("state", .state(session, .first, .playing)),
            ("ended, 2 players", .ended(try outcome(session, scene, players: 2))),
            ("ended, 255 players", .ended(try outcome(session, scene, players: 255))),
            ("endedAck", .endedAck(session, .first)),
            ("cancel", .cancel(session, .first, .superseded, blamed: [PlayerIndex(1)])), ("drop", .drop(session, .first)),
            ("ping", .ping(Ping(sentAtMs: 86_400_000, sessions: 512, players: 1_024))), ("pong", .pong(sentAtMs: 86_400_000)),
            ("drain", .drain), ("holding, 2 players", .holding(.playing, two)), ("inventoryEnd", .inventoryEnd),
            ("journalMatched, 2 players", .journalMatched(node, two)),
        ]
    }

    /// Subjects have 24 characters, as those of recruiting sites do.
    private static func subject(_ number: Int) throws(NameError) -> SubjectID {
        try SubjectID("5f3c9a71e2b84d06a1c2" + String(1_000 + number))
    }

    private static func assignment(
        _ session: SessionID, _ scene: SceneID, players: Int
    ) throws(NameError) -> Assignment {
        var seats: [AssignedPlayer] = []
        for number in 0..<players {
            let bits = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
            seats.append(
                AssignedPlayer(
                    subject: try subject(number), ticket: Ticket(high: bits, low: ~bits), sinceUnixMs: 1_790_000_000_000,
                    placeSignature: ResumeSignature(high: ~bits, low: bits),
                    releaseSignature: ResumeSignature(high: bits, low: bits)))
        }
        return Assignment(
            session: session, attempt: .first, scene: scene, settings: SessionSettings(validatesPeers: true),
            seed: 0xDEAD_BEEF, resumeExpiresUnixMs: 1_790_086_400_000, players: seats)
    }

    private static func outcome(_ session: SessionID, _ scene: SceneID, players: Int) throws(NameError) -> Outcome {
        var results: [PlayerOutcome] = []
        for number in 0..<players {
            results.append(
                PlayerOutcome(subject: try subject(number), hasFinished: true, result: Array("{\"score\":17}".utf8)))
        }
        return Outcome(
            session: session, attempt: .first, scene: scene, reason: .completed, endedIn: .playing,
            endedAtUnixMs: 1_790_000_600_000, players: results)
    }
}
