import Digests
import SessionProtocol
import Testing

@Suite struct ResumeTests {
    private let signer = ResumeSigner(key: Array("key".utf8))

    private func claim(_ kind: ResumeClaim.Kind = .place, subject name: String = "ann") -> ResumeClaim {
        ResumeClaim(
            kind: kind, scene: scene("duo"), subject: subject(name), session: session, sinceUnixMs: 1_000,
            expiresUnixMs: 5_000)
    }

    @Test("what was signed is read again until it expires", arguments: ResumeClaim.Kind.allCases)
    func roundTrip(kind: ResumeClaim.Kind) {
        let text = signer.text(of: claim(kind, subject: "日本"))
        #expect(signer.check(text, nowUnixMs: 4_999) == claim(kind, subject: "日本"))
        #expect(signer.check(text, nowUnixMs: 5_000) == nil)
    }

    @Test("no character of it can be changed")
    func forgery() {
        let text = Array(signer.text(of: claim()))
        for index in text.indices {
            var forged = text
            forged[index] = text[index] == "A" ? "B" : "A"
            #expect(signer.check(String(forged), nowUnixMs: 0) == nil)
        }
    }

    @Test("another key's, a part, or anything else is none")
    func strangers() {
        let text = signer.text(of: claim())
        #expect(ResumeSigner(key: Array("yek".utf8)).check(text, nowUnixMs: 0) == nil)
        for length in 0..<text.count { #expect(signer.check(String(text.prefix(length)), nowUnixMs: 0) == nil) }
        #expect(signer.check(text + "AAAA", nowUnixMs: 0) == nil)
        #expect(signer.check(String(repeating: "A", count: 100_000), nowUnixMs: 0) == nil)
        #expect(signer.check("not base64 at all!", nowUnixMs: 0) == nil)
    }

    @Test("an assignment's seals open as what a player of it is given")
    func assigned() throws {
        var assignment = assignment(roster(1))
        assignment.resumeExpiresUnixMs = 9_000
        let player = assignment.players[0]
        assignment.players[0].placeSignature = signer.sign(assignment.claim(.releasedPlace, of: player))
        assignment.players[0].releaseSignature = signer.sign(assignment.claim(.release, of: player))
        let place = signer.check(assignment.resume(of: assignment.players[0], isRequeued: true), nowUnixMs: 0)
        let release = signer.check(assignment.resume(of: assignment.players[0], isRequeued: false), nowUnixMs: 0)
        #expect(place?.kind == .releasedPlace && place?.sinceUnixMs == player.sinceUnixMs)
        #expect(release?.kind == .release && release?.subject == player.subject)
    }

    private func released(from sessions: [SessionID], subject: SubjectID = subject("ann"), scene: SceneID = scene("duo")) -> ResumeClaim {
        ResumeClaim(
            kind: .placeBehindRelease, scene: scene, subject: subject, session: SessionID(high: 1, low: 2),
            sinceUnixMs: 1_000, expiresUnixMs: 5_000, releasedFrom: sessions)
    }

    private let older = (1...4).map { SessionID(high: UInt64($0), low: 7) }

    @Test("a place behind releases is read again with all that it releases from, and with no more than there may be")
    func releases() throws {
        for count in 0...4 {
            let claim = released(from: Array(older.prefix(count)))
            #expect(signer.check(signer.text(of: claim), nowUnixMs: 0) == claim)
        }
        // Sixteen bytes of signature behind count and sessions.
        var bytes = try Base64.url.decode(signer.text(of: released(from: older)))
        let countAt = bytes.count - 16 - 4 * 16 - 1
        #expect(bytes[countAt] == 4)
        bytes[countAt] = 5
        bytes += [UInt8](repeating: 0, count: 16)
        #expect(Resume(Base64.url.encode(bytes)) == nil)
    }

    @Test("it releases from the sessions that it names, not from the one that is waited in; a place releases from none")
    func releasing() {
        let claim = released(from: Array(older.prefix(2)))
        #expect(claim.releases(from: older[0]) && claim.releases(from: older[1]))
        #expect(!claim.releases(from: older[2]) && !claim.releases(from: claim.session))
        #expect(!self.claim(.place).releases(from: session))
        #expect(self.claim(.release).releases(from: session) && self.claim(.releasedPlace).releases(from: session))
        #expect(!self.claim(.release).releases(from: older[0]))
    }

    @Test("the longest names fit the limit of a client's message")
    func longest() {
        let long = ResumeClaim(
            kind: .place, scene: scene(String(repeating: "s", count: 64)),
            subject: subject(String(repeating: "u", count: 128)), session: session, sinceUnixMs: .max,
            expiresUnixMs: .max)
        let text = signer.text(of: long)
        #expect(text.utf8.count <= ProtocolLimits.resumeBytesMax)
        #expect(signer.check(text, nowUnixMs: 0) == long)
        let longest = released(
            from: older, subject: subject(String(repeating: "u", count: 128)), scene: scene(String(repeating: "s", count: 64)))
        #expect(signer.text(of: longest).utf8.count <= ProtocolLimits.resumeBytesMax)
    }
}

@Suite struct SecrecyTests {
    @Test("neither printing nor dumping shows a ticket or the shared secret")
    func hidden() {
        let secret = Array("hunter2 hunter2 hunter2".utf8)
        let coordinator = CoordinatorHandshake(hello: hello(), secret: secret)
        let matchmaker = MatchmakerHandshake(
            identity: NodeIdentity(node: node("m"), incarnation: Incarnation(1)), secret: secret,
            nonce: [UInt8](repeating: 0, count: 32))
        var shown = "\(coordinator) \(matchmaker) \(String(reflecting: coordinator)) \(String(reflecting: matchmaker))"
        dump(coordinator, to: &shown)
        dump(matchmaker, to: &shown)
        #expect(!shown.contains("104, 117, 110") && !shown.contains("hunter2"))
        let ticket = Ticket(high: 0xDEAD_BEEF, low: 0xCAFE)
        #expect(!"\(ticket)".contains("dead"))
    }
}
