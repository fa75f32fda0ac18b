import SessionProtocol
import Testing

@Suite struct HandshakeTests {
    static let matchmaker = NodeIdentity(node: node("mm"), incarnation: Incarnation(4))

    func listening(secret: String = "s", nonce: UInt8 = 1) -> MatchmakerHandshake {
        MatchmakerHandshake(
            identity: HandshakeTests.matchmaker, secret: Array(secret.utf8), nonce: [UInt8](repeating: nonce, count: 32))
    }

    func dialling(secret: String = "s") -> CoordinatorHandshake {
        CoordinatorHandshake(hello: hello(), secret: Array(secret.utf8))
    }

    func message(_ step: CoordinatorHandshake.Step) -> Message? { if case .send(let message) = step { message } else { nil } }
    func message(_ step: MatchmakerHandshake.Step) -> Message? { if case .send(let message) = step { message } else { nil } }

    @Test("two who share a secret agree, also on the empty one", arguments: ["s", "", String(repeating: "long", count: 50)])
    func agreement(_ secret: String) throws {
        var matchmaker = listening(secret: secret)
        var coordinator = dialling(secret: secret)
        let challenge = try #require(message(try matchmaker.receive(.hello(hello()))))
        let proof = try #require(message(try coordinator.receive(challenge)))
        #expect(try matchmaker.receive(proof) == .proven(hello()))
        let terms = Welcome(leaseGraceMs: 3, pingIntervalMs: 1)
        #expect(
            try coordinator.receive(.welcome(terms))
                == .established(matchmaker: HandshakeTests.matchmaker, terms: terms))
    }

    @Test("a matchmaker with another secret is not registered with")
    func wrongMatchmaker() throws {
        var matchmaker = listening(secret: "other")
        var coordinator = dialling()
        let challenge = try #require(message(try matchmaker.receive(.hello(hello()))))
        #expect(throws: HandshakeError.badProof) { try coordinator.receive(challenge) }
    }

    @Test("a coordinator with another secret is not registered")
    func wrongCoordinator() throws {
        var matchmaker = listening()
        _ = try matchmaker.receive(.hello(hello()))
        #expect(throws: HandshakeError.badProof) {
            try matchmaker.receive(.proof(Proof(proof: [UInt8](repeating: 0, count: 32))))
        }
        #expect(throws: HandshakeError.unexpected(.proof)) {
            try matchmaker.receive(.proof(Proof(proof: [UInt8](repeating: 0, count: 32))))
        }
    }

    @Test("the matchmaker's own proof sent back to it is no proof")
    func reflected() throws {
        var matchmaker = listening()
        guard case .challenge(let challenge)? = message(try matchmaker.receive(.hello(hello()))) else {
            Issue.record("no challenge")
            return
        }
        #expect(throws: HandshakeError.badProof) { try matchmaker.receive(.proof(Proof(proof: challenge.proof))) }
    }

    @Test("a proof heard on one link is none on the next")
    func replayed() throws {
        var first = listening(nonce: 1)
        var coordinator = dialling()
        let challenge = try #require(message(try first.receive(.hello(hello()))))
        let proof = try #require(message(try coordinator.receive(challenge)))
        _ = try first.receive(proof)
        var second = listening(nonce: 2)
        _ = try second.receive(.hello(hello()))
        #expect(throws: HandshakeError.badProof) { try second.receive(proof) }
    }

    @Test("every word of the introduction is under the proof")
    func bound() throws {
        var honest = hello()
        honest.versionMax = 2
        let changes: [(inout Hello) -> Void] = [
            { $0.versionMax = 9 }, { $0.node = node("west") }, { $0.incarnation = Incarnation(10) },
            { $0.nonce[31] ^= 1 }, { $0.capacity += 1 }, { $0.publicURL += "x" },
        ]
        for change in changes {
            var said = honest
            change(&said)
            var matchmaker = listening()
            var coordinator = CoordinatorHandshake(hello: honest, secret: Array("s".utf8))
            let challenge = try #require(message(try matchmaker.receive(.hello(said))))
            #expect(throws: HandshakeError.badProof) { try coordinator.receive(challenge) }
        }
        for change in [{ $0.nonce[0] ^= 1 }, { $0.incarnation = Incarnation(5) }, { $0.node = node("m2") }] as [(inout Challenge) -> Void] {
            var matchmaker = listening()
            guard case .challenge(var challenge)? = message(try matchmaker.receive(.hello(hello()))) else { return }
            change(&challenge)
            var coordinator = dialling()
            #expect(throws: HandshakeError.badProof) { try coordinator.receive(.challenge(challenge)) }
        }
    }

    @Test("without a common version both say so")
    func versions() throws {
        var later = hello()
        (later.versionMin, later.versionMax) = (3, 9)
        var matchmaker = listening()
        let error = #expect(throws: HandshakeError.self) { try matchmaker.receive(.hello(later)) }
        #expect(error == .noCommonVersion(ours: 1...2, theirs: 3...9))
        #expect(error?.reject?.code == .noCommonVersion)
        var coordinator = dialling()
        let challenge = Challenge(
            version: 2, node: node("mm"), incarnation: Incarnation(1), nonce: [UInt8](repeating: 0, count: 32),
            proof: [UInt8](repeating: 0, count: 32))
        #expect(throws: HandshakeError.noCommonVersion(ours: 1...1, theirs: 2...2)) { try coordinator.receive(.challenge(challenge)) }
    }

    @Test("the greatest version that both speak is agreed on, whichever side is the older", arguments: 1...3 as ClosedRange<UInt8>)
    func agreedVersion(_ greatest: UInt8) throws {
        for ours in [1...1, 1...2, 2...2] as [ClosedRange<UInt8>] where ours.overlaps(1...greatest) {
            var said = hello()
            said.versionMax = greatest
            var matchmaker = MatchmakerHandshake(
                identity: HandshakeTests.matchmaker, secret: [], nonce: [UInt8](repeating: 1, count: 32), versions: ours)
            var coordinator = CoordinatorHandshake(hello: said, secret: [])
            #expect(matchmaker.version == 1 && coordinator.version == 1)
            let challenge = try #require(message(try matchmaker.receive(.hello(said))))
            let proof = try #require(message(try coordinator.receive(challenge)))
            #expect(try matchmaker.receive(proof) == .proven(said))
            #expect(matchmaker.version == min(greatest, ours.upperBound) && coordinator.version == matchmaker.version)
        }
    }

    @Test("a message out of order ends the handshake, and nothing mends it")
    func outOfOrder() throws {
        for wrong in samples where wrong.kind != .hello && wrong.kind != .reject {
            var matchmaker = listening()
            #expect(throws: HandshakeError.unexpected(wrong.kind)) { try matchmaker.receive(wrong) }
            #expect(throws: HandshakeError.unexpected(.hello)) { try matchmaker.receive(.hello(hello())) }
        }
        for wrong in samples where wrong.kind != .challenge && wrong.kind != .reject {
            var coordinator = dialling()
            #expect(throws: HandshakeError.unexpected(wrong.kind)) { try coordinator.receive(wrong) }
        }
        var twice = listening()
        _ = try twice.receive(.hello(hello()))
        #expect(throws: HandshakeError.unexpected(.hello)) { try twice.receive(.hello(hello())) }
    }

    @Test("a reject says why, and is not answered")
    func rejected() {
        let reject = Reject(code: .nodeInUse, detail: "taken")
        var coordinator = dialling()
        let error = #expect(throws: HandshakeError.self) { try coordinator.receive(.reject(reject)) }
        #expect(error == .rejected(reject))
        #expect(error?.reject == nil)
    }

    @Test("every refusal that is said fits its frame")
    func details() {
        for error in [.badProof, .noCommonVersion(ours: 1...255, theirs: 1...255), .unexpected(.journalMatched)] as [HandshakeError] {
            #expect((error.reject?.detail.utf8.count ?? .max) <= ProtocolLimits.detailBytesMax)
        }
    }
}
