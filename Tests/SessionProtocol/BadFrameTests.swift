import SessionProtocol
import Testing

@Suite struct BadFrameTests {
    /// The frame of a message with some bytes of its body changed and the checksum put right.
    func changed(_ message: Message, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var body = Array(encoded(message)[12...])
        change(&body)
        return reframed(body, kind: message.kind)
    }

    @Test("headers that are not of this version, kind, flags or shape are refused by name, before the body is there")
    func headers() {
        func header(_ offset: Int, _ value: UInt8) -> [UInt8] {
            var bytes = encoded(.accepted(session, .first))
            bytes[offset] = value
            return Array(bytes[0..<12])
        }
        #expect(refusal(of: header(4, 0)) == .unknownVersion(0))
        #expect(refusal(of: header(4, 2)) == .unknownVersion(2))
        #expect(refusal(of: header(5, 0)) == .unknownKind(0))
        #expect(refusal(of: header(5, 255)) == .unknownKind(255))
        #expect(refusal(of: header(6, 1)) == .unknownFlags(1))
        #expect(refusal(of: header(7, 128)) == .reservedNotZero(128))
        #expect(refusal(of: [0, 0, 0, 7]) == .lengthTooSmall(7))
        #expect(refusal(of: [0, 8, 0, 1]) == .lengthTooLarge(524_289))
        #expect(refusal(of: [255, 255, 255, 255]) == .lengthTooLarge(.max))
        #expect(refusal(of: [0, 8, 0, 0]) == nil)
        for kind in 0...255 as ClosedRange<UInt8> where MessageKind(rawValue: kind) == nil {
            #expect(refusal(of: header(5, kind)) == .unknownKind(kind))
        }
    }

    @Test("any single flipped bit is found")
    func flippedBits() throws {
        for message in samples where encoded(message).count < 400 {
            let bytes = encoded(message)
            for bit in 32..<bytes.count * 8 {
                var bad = bytes
                bad[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(refusal(of: bad) != nil, "bit \(bit) of \(message.kind)")
            }
        }
    }

    @Test("a body's values are checked")
    func values() throws {
        #expect(refusal(of: changed(.accepted(session, .first)) { $0[19] = 0 }) == .badValue("attempt"))
        #expect(refusal(of: changed(.refused(session, .first, .full)) { $0[20] = 5 }) == .badValue("reason"))
        #expect(refusal(of: changed(.refused(session, .first, .full)) { $0[20] = 0 }) == .badValue("reason"))
        for code in [0, 1, 2, 5, 6] as [UInt8] {
            #expect(refusal(of: changed(.state(session, .first, .playing)) { $0[20] = code }) == .badValue("state"))
        }
        for code in [0, 1, 5, 6] as [UInt8] {
            #expect(refusal(of: changed(.holding(.playing, assignment())) { $0[0] = code }) == .badValue("state"))
        }
        #expect(refusal(of: changed(.cancel(session, .first, .cancelled, blamed: [])) { $0[20] = 18 }) == .badValue("reason"))
        let blamed = Message.cancel(session, .first, .cancelled, blamed: [PlayerIndex(1), PlayerIndex(2)])
        #expect(refusal(of: changed(blamed) { $0[23] = 1 }) == .badValue("blamed"))
        #expect(refusal(of: changed(blamed) { $0[23] = 255 }) == .badValue("blamed"))
        #expect(refusal(of: changed(.reject(Reject(code: .malformed, detail: ""))) { $0[1] = 9 }) == .badValue("code"))
        let welcome = Message.welcome(Welcome(leaseGraceMs: 2, pingIntervalMs: 1))
        #expect(refusal(of: changed(welcome) { $0[7] = 0 }) == .badValue("pingIntervalMs"))
        #expect(refusal(of: changed(welcome) { $0[7] = 2 }) == .badValue("pingIntervalMs"))
    }

    @Test("a hello of another protocol, without versions, or with no address for players is refused")
    func hellos() {
        #expect(refusal(of: changed(.hello(hello())) { $0[0] = 0x67 }) == .badMagic)
        #expect(refusal(of: changed(.hello(hello())) { $0[9] = 0 }) == .badValue("versionMin"))
        #expect(refusal(of: changed(.hello(hello())) { $0[9] = 2 }) == .badValue("versionMax"))
        #expect(refusal(of: changed(.hello(hello())) { $0[$0.count - 1 - 25] = 0x78 }) == .badValue("publicURL"))
        #expect(refusal(of: changed(.hello(hello())) { $0[13] = 0x0A }) == .badText("node"))
        #expect(refusal(of: changed(.hello(hello())) { $0[13] = 0xFF }) == .badText("node"))
        #expect(refusal(of: changed(.hello(hello())) { $0[11] = 1 }) == .tooMany("node"))
    }

    /// Offsets in an assignment: 16 session, 4 attempt, 2 + 3 scene, then settings.
    @Test("an assignment's flags, codes, counts and seats are checked")
    func assignments() {
        let message = Message.assign(assignment())
        #expect(refusal(of: changed(message) { $0[25] = 2 }) == .badValue("validatesPeers"))
        #expect(refusal(of: changed(message) { $0[26] = 4 }) == .badValue("onValidationFailure"))
        #expect(refusal(of: changed(message) { $0[47] = 0x10 }) == .tooMany("iceServers"))
        // 20 bytes of times, 2 + 2 of ICE servers, 1 count of codes, 8 of seed, 8 of expiry, then the count of players; a seat has 4 + 56 bytes.
        #expect(refusal(of: changed(message) { $0[68] = 0 }) == .badValue("players"))
        #expect(refusal(of: changed(message) { $0[68] = 3 }) == .truncated("subject"))
        #expect(refusal(of: changed(message) { $0[68] = 1 }) == .trailingBytes(60))
        #expect(refusal(of: reframed(twins(), kind: .assign)) == .duplicateSubject)
        let codes = SessionSettings(
            validatesPeers: true, completionCodes: [CompletionCode(reason: .completed, code: "a"), CompletionCode(reason: .playerLeft, code: "b")])
        let coded = Message.assign(assignment(settings: codes))
        #expect(refusal(of: changed(coded) { $0[56] = 1 }) == .badValue("completionCodes"))
        #expect(refusal(of: changed(coded) { $0[56] = 18 }) == .badValue("completionCodes"))
    }

    /// The sample assignment with its second player named as its first, "p0".
    func twins() -> [UInt8] {
        var body = Array(encoded(.assign(assignment()))[12...])
        body[body.count - 57] = 0x30
        return body
    }

    /// Offsets in an outcome: 25 as in an assignment, then reason, state, presumed, 8 of time, count, players, pairs.
    @Test("an outcome's flags, codes, counts and pairs are checked")
    func outcomes() throws {
        let message = Message.ended(outcome())
        #expect(refusal(of: changed(message) { $0[25] = 0 }) == .badValue("reason"))
        #expect(refusal(of: changed(message) { $0[26] = 5 }) == .badValue("endedIn"))
        #expect(refusal(of: changed(message) { $0[27] = 2 }) == .badValue("isPresumed"))
        #expect(refusal(of: changed(message) { $0[36] = 0 }) == .badValue("players"))
        #expect(refusal(of: changed(message) { $0[42] = 7 }) == .badValue("isBlamed"))
        #expect(refusal(of: changed(message) { $0[45] = 4; $0[46] = 1 }) == .tooMany("result"))
        #expect(refusal(of: changed(message) { $0[49] = 0x61; $0[50] = 0x6E; $0[51] = 0x6E }) == .duplicateSubject)
        #expect(refusal(of: changed(message) { $0[$0.count - 1] = 1 }) == .truncated("failedPairs"))
        #expect(refusal(of: changed(message) { $0[$0.count - 2] = 4; $0[$0.count - 1] = 1 }) == .tooMany("failedPairs"))
        var paired = outcome()
        paired.failedPairs = [try #require(PlayerPair(PlayerIndex(0), PlayerIndex(1)))]
        for pair in [[1, 1], [1, 0], [0, 2], [0, 255]] as [[UInt8]] {
            #expect(
                refusal(of: changed(.ended(paired)) { $0.replaceSubrange($0.count - 2..<$0.count, with: pair) })
                    == .badValue("failedPairs"))
        }
    }
}
