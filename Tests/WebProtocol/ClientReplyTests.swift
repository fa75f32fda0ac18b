import Testing
import WebProtocol

@Suite struct ClientReplyTests {
    @Test("the matchmaker's messages have the members of the protocol", arguments: [
        (
            .waiting(session: "s", players: 1, needed: 2, waitedMs: 30, timeoutMs: 120_000, resume: "r"),
            #"{"type":"waiting","session":"s","players":1,"needed":2,"waitedMs":30,"timeoutMs":120000,"resume":"r"}"#
        ),
        (
            .waiting(
                session: "s", players: 1, needed: 2, waitedMs: 30, timeoutMs: 120_000, resume: "r", estimateMs: 9000,
                party: PartyCount(members: 1, size: 3)),
            #"{"type":"waiting","session":"s","players":1,"needed":2,"waitedMs":30,"timeoutMs":120000,"resume":"r","# +
                #""estimateMs":9000,"party":{"members":1,"size":3}}"#
        ),
        (.confirm(deadlineMs: 5000), #"{"type":"confirm","deadlineMs":5000}"#),
        (
            .matched(session: "s", player: 0, players: 2, url: "ws://h/v1/play", ticket: "t"),
            #"{"type":"matched","session":"s","player":0,"players":2,"url":"ws://h/v1/play","ticket":"t"}"#
        ),
        (
            .ended(session: "s", reason: "wait_timeout", completionCode: nil),
            #"{"type":"ended","session":"s","reason":"wait_timeout"}"#
        ),
        (
            .ended(session: "s", reason: "completed", completionCode: "C-1"),
            #"{"type":"ended","session":"s","reason":"completed","completionCode":"C-1"}"#
        ),
        (
            .error(code: .unknownScene, message: "no \"x\""),
            #"{"type":"error","code":"unknown_scene","message":"no \"x\""}"#
        ),
    ] as [(MatchmakerReply, String)])
    func matchmakerReplies(reply: MatchmakerReply, text: String) {
        var bytes: [UInt8] = []
        reply.encode(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test("the coordinator's messages have the members of the protocol", arguments: [
        (
            .entered(
                session: "s", player: 1, players: [.init(player: 0, connected: true), .init(player: 1, connected: false)],
                state: "validating"),
            #"{"type":"entered","session":"s","player":1,"players":[{"player":0,"connected":true},"#
                + #"{"player":1,"connected":false}],"state":"validating"}"#
        ),
        (
            .validate(
                .init(
                    peers: [0, 2], offerTo: [], iceServers: Array(#"[{"urls":"stun:h"}]"#.utf8), attempt: 1, attemptMs: 5_000,
                    deadlineMs: 15_000)),
            #"{"type":"validate","peers":[0,2],"offerTo":[],"iceServers":[{"urls":"stun:h"}],"attempt":1,"#
                + #""attemptMs":5000,"deadlineMs":15000}"#
        ),
        (
            .validate(
                .init(
                    peers: [0, 2], offerTo: [2], validated: [0], iceServers: Array("[]".utf8), attempt: 7, attemptMs: 1,
                    deadlineMs: 2)),
            #"{"type":"validate","peers":[0,2],"offerTo":[2],"validated":[0],"iceServers":[],"attempt":7,"#
                + #""attemptMs":1,"deadlineMs":2}"#
        ),
        (
            .retry(peer: 2, attempt: 3, offer: true, iceServers: Array("[]".utf8), deadlineMs: 5_000),
            #"{"type":"retry","peer":2,"attempt":3,"offer":true,"iceServers":[],"deadlineMs":5000}"#
        ),
        (
            .signal(from: 0, data: Array("1".utf8), attempt: 2),
            #"{"type":"signal","from":0,"data":1,"attempt":2}"#
        ),
        (.transport(.relay), #"{"type":"transport","transport":"relay"}"#),
        (
            .play(transport: .relay, seed: .max, start: .init(startsInMs: 0, startAtMs: nil)),
            #"{"type":"play","transport":"relay","seed":4294967295,"startsInMs":0}"#
        ),
        (
            .play(transport: .peer, seed: 1, start: .init(startsInMs: 3000, startAtMs: 1_700_000_000_123)),
            #"{"type":"play","transport":"peer","seed":1,"startsInMs":3000,"startAtMs":1700000000123}"#
        ),
        (
            .play(
                transport: .relay, seed: 1, start: .init(startsInMs: 0, startAtMs: nil),
                ticks: .init(intervalMs: 50, inputBytesMax: 256, next: 7)),
            #"{"type":"play","transport":"relay","seed":1,"startsInMs":0,"#
                + #""ticks":{"intervalMs":50,"inputBytesMax":256,"next":7}}"#
        ),
        (
            .play(transport: .relay, seed: 1, start: .init(startsInMs: 0, startedAgoMs: 7, startAtMs: -6, pausedMs: 5)),
            #"{"type":"play","transport":"relay","seed":1,"startsInMs":0,"startedAgoMs":7,"startAtMs":-6,"pausedMs":5}"#
        ),
        (.clock(sample: 1, serverMs: 2), #"{"type":"clock","sample":1,"serverMs":2}"#),
        (.start(.init(startsInMs: 5, startAtMs: -6)), #"{"type":"start","startsInMs":5,"startAtMs":-6}"#),
        (.go(barrier: "b"), #"{"type":"go","barrier":"b"}"#),
        (.peerDisconnected(player: 1, graceMs: 5000), #"{"type":"peerDisconnected","player":1,"graceMs":5000}"#),
        (.peerReconnected(player: 1), #"{"type":"peerReconnected","player":1}"#),
        (.warning(about: "hidden", inMs: 500), #"{"type":"warning","about":"hidden","inMs":500}"#),
        (.warningOver(about: "silent"), #"{"type":"warning","about":"silent","over":true}"#),
        (
            .ended(session: "s", reason: "player_left", requeued: false, resume: "r", completionCode: "c"),
            #"{"type":"ended","session":"s","reason":"player_left","requeued":false,"resume":"r","completionCode":"c"}"#
        ),
        (.error(code: .badTicket, message: "m"), #"{"type":"error","code":"bad_ticket","message":"m"}"#),
    ] as [(CoordinatorReply, String)])
    func coordinatorReplies(reply: CoordinatorReply, text: String) {
        var bytes = Array("before".utf8)
        reply.encode(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "before" + text)
    }
}

@Suite struct ErrorCodeTests {
    @Test("every code of the protocol is there, each with a close code of its own")
    func codes() {
        #expect(
            Set(ErrorCode.allCases.map(\.rawValue)) == [
                "bad_json", "bad_message", "unknown_type", "wrong_state", "unknown_scene", "scene_closed", "room_full",
                "draining", "subject_in_use", "bad_token", "origin_refused", "rate_limited", "bad_ticket", "session_ended",
                "no_such_player", "too_large", "timeout", "internal", "party_full", "party_mismatch",
            ])
        let closeCodes = ErrorCode.allCases.map(\.closeCode.rawValue)
        #expect(Set(closeCodes).count == closeCodes.count)
        for code in ErrorCode.allCases where code != .tooLarge { #expect((4010...4999).contains(code.closeCode.rawValue)) }
        #expect(ErrorCode.tooLarge.closeCode == .messageTooBig)
    }

    @Test("the fatal ones are fatal")
    func fatal() {
        for code in [ErrorCode.badJSON, .badTicket, .tooLarge, .timeout] { #expect(code.isFatal) }
        for code in [ErrorCode.unknownType, .wrongState, .noSuchPlayer, .badMessage] { #expect(!code.isFatal) }
    }
}

@Suite struct PlayFrameTests {
    @Test("a header is two bytes, both ways", arguments: [PlayFrameKind.ordered, .latest, .tick], [0, 7, 255] as [UInt8])
    func roundTrip(kind: PlayFrameKind, address: UInt8) throws {
        var bytes: [UInt8] = []
        PlayFrameHeader(kind: kind, address: address).append(to: &bytes)
        #expect(bytes == [kind.rawValue, address])
        #expect(try PlayFrameHeader((bytes + [1, 2, 3]).span) == PlayFrameHeader(kind: kind, address: address))
    }

    @Test("what is too short or of another kind is a bad message", arguments: [[], [0], [3, 0], [255, 255, 1]] as [[UInt8]])
    func refused(bytes: [UInt8]) {
        #expect(code { _ = try PlayFrameHeader(bytes.span) } == .badMessage)
    }
}
