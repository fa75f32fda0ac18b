import Digests
import SessionProtocol
import Testing

/// Somebody between the two, or in the place of one.
@Suite struct HandshakeAttackTests {
    private func listening(secret: String = "s", nonce: UInt8 = 1) -> MatchmakerHandshake {
        MatchmakerHandshake(
            identity: HandshakeTests.matchmaker, secret: Array(secret.utf8), nonce: [UInt8](repeating: nonce, count: 32))
    }

    private func dialling(_ said: Hello = hello(), secret: String = "s") -> CoordinatorHandshake {
        CoordinatorHandshake(hello: said, secret: Array(secret.utf8))
    }

    private func challenge(to said: Hello = hello(), secret: String = "s") throws -> Challenge {
        var matchmaker = listening(secret: secret)
        guard case .send(.challenge(let challenge)) = try matchmaker.receive(.hello(said)) else {
            throw FixtureError("no challenge")
        }
        return challenge
    }

    private func proof(secret: String = "s") throws -> Proof {
        var coordinator = dialling(secret: secret)
        guard case .send(.proof(let proof)) = try coordinator.receive(.challenge(try challenge(secret: secret))) else {
            throw FixtureError("no proof")
        }
        return proof
    }

    /// The proof of the specification's *Handshake*, put together here and not by the code under test.
    private func expected(role: UInt8, _ said: Hello, _ answered: Challenge, secret: String) -> [UInt8] {
        func big(_ value: UInt64, _ count: Int) -> [UInt8] { (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }
        func text(_ value: String) -> [UInt8] { big(UInt64(value.utf8.count), 2) + value.utf8 }
        var bytes = Array("GREENROOM".utf8) + [role, answered.version, said.versionMin, said.versionMax]
        bytes += text(said.node.name) + big(said.incarnation.number, 8) + said.nonce + big(UInt64(said.capacity), 4)
        bytes += text(said.publicURL) + text(answered.node.name) + big(answered.incarnation.number, 8) + answered.nonce
        return HMACSHA256.authenticate(bytes, key: Array(secret.utf8)).array
    }

    @Test("proofs are those of the specification", arguments: ["", "s", String(repeating: "long", count: 50)])
    func proofs(_ secret: String) throws {
        let answered = try challenge(secret: secret)
        #expect(answered.proof == expected(role: 1, hello(), answered, secret: secret))
        #expect(try proof(secret: secret).proof == expected(role: 2, hello(), answered, secret: secret))
    }

    @Test("of ranges that overlap the greatest version in common is spoken, and both ranges' ends are proven", arguments: [(1, 1), (1, 2), (1, 255)] as [(UInt8, UInt8)])
    func overlap(_ range: (UInt8, UInt8)) throws {
        var said = hello()
        (said.versionMin, said.versionMax) = range
        let answered = try challenge(to: said)
        #expect(answered.version == min(range.1, 2))
        var coordinator = dialling(said)
        #expect(throws: Never.self) { try coordinator.receive(.challenge(answered)) }
        // Somebody narrows the range on its way, so that an older version be spoken.
        var narrowed = said
        narrowed.versionMax = range.1 == 1 ? 3 : range.1 - 1
        var deceived = dialling(said)
        let error = range.1 == 1 ? HandshakeError.noCommonVersion(ours: 1...1, theirs: 2...2) : .badProof
        #expect(throws: error) { try deceived.receive(.challenge(try challenge(to: narrowed))) }
    }

    @Test("a challenge heard on an earlier link proves nothing on the next one")
    func replayedChallenge() throws {
        let heard = try challenge()
        var said = hello()
        said.nonce[0] ^= 1
        var coordinator = dialling(said)
        #expect(throws: HandshakeError.badProof) { try coordinator.receive(.challenge(heard)) }
    }

    @Test("a coordinator's proof in the place of the matchmaker's is none: the role is in it")
    func wrongRole() throws {
        var answered = try challenge()
        answered.proof = try proof().proof
        var coordinator = dialling()
        #expect(throws: HandshakeError.badProof) { try coordinator.receive(.challenge(answered)) }
    }

    @Test("one wrong bit anywhere in a proof is enough")
    func everyBit() throws {
        let (answered, given) = (try challenge(), try proof())
        for bit in 0..<256 {
            var forged = answered
            forged.proof[bit / 8] ^= 1 << UInt8(bit % 8)
            var coordinator = dialling()
            #expect(throws: HandshakeError.badProof, "bit \(bit)") { try coordinator.receive(.challenge(forged)) }
            var matchmaker = listening()
            _ = try matchmaker.receive(.hello(hello()))
            var proof = given
            proof.proof[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: HandshakeError.badProof, "bit \(bit)") { try matchmaker.receive(.proof(proof)) }
        }
    }

    @Test("a side without a secret and one with a secret do not agree, whichever has it", arguments: [("", "s"), ("s", "")])
    func oneSecret(_ secrets: (String, String)) throws {
        var coordinator = dialling(secret: secrets.0)
        #expect(throws: HandshakeError.badProof) {
            try coordinator.receive(.challenge(try challenge(secret: secrets.1)))
        }
        var matchmaker = listening(secret: secrets.1)
        _ = try matchmaker.receive(.hello(hello()))
        #expect(throws: HandshakeError.badProof) { try matchmaker.receive(.proof(try proof(secret: secrets.0))) }
    }

    @Test("a handshake that is done takes nothing more, and one that failed stays so, even for the right proof")
    func done() throws {
        let given = try proof()
        for message in samples where message.kind != .reject {
            var matchmaker = listening()
            _ = try matchmaker.receive(.hello(hello()))
            _ = try matchmaker.receive(.proof(given))
            #expect(throws: HandshakeError.unexpected(message.kind)) { try matchmaker.receive(message) }
        }
        var matchmaker = listening()
        _ = try matchmaker.receive(.hello(hello()))
        #expect(throws: HandshakeError.badProof) { try matchmaker.receive(.proof(Proof(proof: [UInt8](repeating: 0, count: 32)))) }
        #expect(throws: HandshakeError.unexpected(.proof)) { try matchmaker.receive(.proof(given)) }
    }

    @Test("no welcome is believed before a proof, and none after a refusal")
    func welcomes() throws {
        let terms = Message.welcome(Welcome(leaseGraceMs: 2, pingIntervalMs: 1))
        var early = dialling()
        #expect(throws: HandshakeError.unexpected(.welcome)) { try early.receive(terms) }
        var refused = dialling()
        #expect(throws: HandshakeError.badProof) { try refused.receive(.challenge(try challenge(secret: "other"))) }
        #expect(throws: HandshakeError.unexpected(.welcome)) { try refused.receive(terms) }
    }

    @Test("what is said of a failure tells nothing of the secrets")
    func silence() throws {
        let secret = "correct horse battery"
        var coordinator = dialling(secret: secret)
        let error = #expect(throws: HandshakeError.self) { try coordinator.receive(.challenge(try challenge())) }
        let said = "\(String(describing: error)) \(error?.reject?.detail ?? "")"
        #expect(!said.contains(secret) && !said.contains("correct"))
    }
}
