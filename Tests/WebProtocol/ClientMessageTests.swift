import Testing
import WebProtocol

func matchmaker(_ text: String, _ limits: ClientMessageLimits = .init()) throws(ClientMessageError) -> MatchmakerRequest {
    try MatchmakerRequest.decode(Array(text.utf8).span, limits: limits)
}

func coordinator(_ text: String, _ limits: ClientMessageLimits = .init()) throws(ClientMessageError) -> CoordinatorRequest {
    try CoordinatorRequest.decode(Array(text.utf8).span, limits: limits)
}

@Suite struct MatchmakerRequestTests {
    @Test("a join is read, with and without what may be left out")
    func join() throws {
        #expect(
            try matchmaker(#"{"type":"join","scene":"duo","subject":"ann"}"#)
                == .join(scene: "duo", subject: "ann", token: nil, attributes: nil, resume: nil))
        let full = """
            { "resume" : "r" , "attributes" : { "level" : 1e400, "level": [ 1 ] } ,
              "subject":"\\u00e4\\ud83d\\ude00\\/\\"","token":"t","scene":"duo","type":"join","later":{"a":[1,{"b":null}]}}
            """
        #expect(
            try matchmaker(full)
                == .join(
                    scene: "duo", subject: "ä😀/\"", token: "t",
                    attributes: Array(#"{ "level" : 1e400, "level": [ 1 ] }"#.utf8), resume: "r"))
    }

    @Test("a join that cannot be read is known as one")
    func misread() {
        func isJoin(_ text: String) -> Bool { MatchmakerRequest.isJoin(Array(text.utf8).span, limits: ClientMessageLimits()) }
        for text in [#"{"type":"join"}"#, #"{"scene":7,"type":"join"}"#, #"{"type":"join","subject":""}"#, #" {"x":[],"type":"jo\u0069n"} "#] {
            #expect(isJoin(text), "\(text)")
        }
        for text in [
            "", "join", #""join""#, #"{"type":"leave"}"#, #"{"type":["join"]}"#, #"{"type":"join","type":"join"}"#, #"{"type":"join""#,
            #"{"type":"join"}x"#, #"{"kind":"join"}"#,
        ] { #expect(!isJoin(text), "\(text)") }
    }

    @Test("a party is read; one that is none is bad_message")
    func party() throws {
        let join = { (party: String) in #"{"type":"join","scene":"duo","subject":"ann","party":"# + party + "}" }
        let expected = MatchmakerRequest.join(
            scene: "duo", subject: "ann", token: nil, attributes: nil, resume: nil, party: PartyRequest(code: "x y", size: 3))
        #expect(try matchmaker(join(#"{"code":"x y","size":3,"later":[]}"#)) == expected)
        let long = String(repeating: "x", count: 65)
        for bad in [
            "{}", "[]", "\"x\"", #"{"code":"x"}"#, #"{"size":2}"#, #"{"code":"","size":2}"#, #"{"code":"x","size":0}"#,
            #"{"code":"x","size":256}"#, #"{"code":"x","size":-1}"#, #"{"code":"x","size":1.5}"#, #"{"code":"x","size":"2"}"#,
            #"{"code":7,"size":2}"#, #"{"code":"\u0000","size":2}"#, #"{"code":"x","code":"y","size":2}"#,
            "{\"code\":\"\(long)\",\"size\":2}", "{\"code\":\"x\",\"size\":2,\"more\":\"\(String(repeating: "y", count: 1024))\"}",
        ] {
            #expect(code { _ = try matchmaker(join(bad)) } == .badMessage, "\(bad)")
        }
    }

    @Test("null stands for absent, and names may be written with escapes")
    func nulls() throws {
        #expect(
            try matchmaker(#"{"\u0074ype":"join","scene":"duo","subject":"a","token":null,"attributes":null,"resume":null}"#)
                == .join(scene: "duo", subject: "a", token: nil, attributes: nil, resume: nil))
        #expect(try matchmaker(#"{"type":"leave"}"#) == .leave)
        #expect(try matchmaker("\n{\"type\" : \"confirm\"}\t ") == .confirm)
    }

    @Test("what does not parse is bad_json", arguments: [
        "", " ", "{", "}", "hello", "{\"type\":\"leave\"", "{\"type\":\"leave\"}}", "{\"type\":\"leave\",}", "{,}",
        "{\"type\" \"leave\"}", "{type:\"leave\"}", "{'type':'leave'}", "{\"type\":\"leave\"} x", "[1,]", "[1 2]", "[,1]",
        "{\"a\":01,\"type\":\"leave\"}", "{\"a\":1.,\"type\":\"leave\"}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":-}",
        "{\"a\":tru}", "{\"a\":nul}", "{\"a\":NaN}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12",
        "{\"a\":\"\n\"}", "{\"a\":\"b}", "{\"a\":\"\\", "{\"a\":}", "{\"a\":1,,\"b\":2}", "\u{feff}{\"type\":\"leave\"}",
        "{\"a\":[1}", "{\"a\":{]}", "{\"a\":[[1,2],{\"b\":1]}}", "{1:2}", "// \n{\"type\":\"leave\"}",
    ])
    func badJSON(text: String) {
        #expect(code { _ = try matchmaker(text) } == .badJSON)
    }

    @Test("bytes that are not UTF-8 are bad_json")
    func notUTF8() {
        let bytes = Array("{\"type\":\"leave\",\"a\":\"".utf8) + [0xff] + Array("\"}".utf8)
        #expect(code { _ = try MatchmakerRequest.decode(bytes.span, limits: .init()) } == .badJSON)
    }

    @Test("a hundred thousand nested arrays or objects are bad_json, and do no harm", arguments: ["[", "{\"a\":", "[{\"b\":"])
    func deep(opening: String) {
        var limits = ClientMessageLimits()
        limits.messageBytesMax = 1 << 20
        let nested = String(repeating: opening, count: 100_000)
        #expect(code { _ = try matchmaker(nested, limits) } == .badJSON)
        #expect(code { _ = try matchmaker("{\"type\":\"leave\",\"x\":" + nested + "}", limits) } == .badJSON)
        #expect(code { _ = try coordinator("{\"type\":\"signal\",\"to\":1,\"data\":" + nested + "}", limits) } == .badJSON)
    }

    @Test("sixty-four levels below a member are fine, one more is not")
    func depth() throws {
        for (levels, isFine) in [(64, true), (65, false)] {
            let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            let text = "{\"type\":\"leave\",\"x\":\(nested)}"
            #expect((try? matchmaker(text)) == (isFine ? .leave : nil))
        }
    }

    @Test("JSON of the wrong shape is bad_message and names the member", arguments: [
        ("[]", "object"), ("\"join\"", "object"), ("null", "object"), ("12", "object"), ("{}", "type"),
        (#"{"type":1}"#, "type"), (#"{"type":""}"#, "type"), (#"{"type":null}"#, "type"),
        (#"{"type":"join","subject":"a"}"#, "scene"), (#"{"type":"join","scene":"duo"}"#, "subject"),
        (#"{"type":"join","scene":["duo"],"subject":"a"}"#, "scene"),
        (#"{"type":"join","scene":"","subject":"a"}"#, "scene"), (#"{"type":"join","scene":"duo","subject":""}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":7}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"a\nb"}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"a\u0000"}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"a\u0085"}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"\ud800"}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"\ude00\ud83d"}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"\ud83dx"}"#, "subject"),
        (#"{"type":"join","scene":"duo","subject":"a","attributes":[]}"#, "attributes"),
        (#"{"type":"join","scene":"duo","subject":"a","attributes":"{}"}"#, "attributes"),
        (#"{"type":"join","scene":"duo","subject":"a","token":{}}"#, "token"),
        (#"{"type":"join","scene":"duo","subject":"a","subject":"b"}"#, "subject"),
        (#"{"type":"leave","\u0074ype":"join"}"#, "type"),
    ])
    func badMessage(text: String, member: String) {
        let error = #expect(throws: ClientMessageError.self) { try matchmaker(text) }
        #expect(error?.code == .badMessage)
        #expect(error?.message.contains(member) == true, "\(error?.message ?? "")")
    }

    @Test("texts at their limit pass, and one byte more does not")
    func limits() throws {
        func join(scene: Int = 1, subject: Int = 1, token: Int = 1, attributes: Int = 2, resume: Int = 1) -> String {
            func text(_ count: Int) -> String { String(repeating: "x", count: count) }
            let object = "{" + String(repeating: " ", count: attributes - 2) + "}"
            return #"{"type":"join","scene":"\#(text(scene))","subject":"\#(text(subject))","token":"\#(text(token))","#
                + #""attributes":\#(object),"resume":"\#(text(resume))"}"#
        }
        #expect(throws: Never.self) {
            try matchmaker(join(scene: 64, subject: 128, token: 4096, attributes: 4096, resume: 1024))
        }
        for over in [
            join(scene: 65), join(subject: 129), join(token: 4097), join(attributes: 4097), join(resume: 1025),
        ] {
            #expect(code { _ = try matchmaker(over) } == .badMessage)
        }
        // Bytes are counted, not characters.
        let subject = String(repeating: "é", count: 65)
        #expect(code { _ = try matchmaker(#"{"type":"join","scene":"d","subject":"\#(subject)"}"#) } == .badMessage)
        let long = "{\"type\":\"leave\"}" + String(repeating: " ", count: 65_536 - 16)
        #expect(try matchmaker(long) == .leave)
        #expect(code { _ = try matchmaker(long + " ") } == .tooLarge)
    }

    @Test("an unknown type is told apart from a wrong shape; each side has its own types")
    func unknownType() {
        #expect(code { _ = try matchmaker(#"{"type":"enter"}"#) } == .unknownType)
        #expect(code { _ = try coordinator(#"{"type":"join"}"#) } == .unknownType)
        let error = #expect(throws: ClientMessageError.self) { try coordinator(#"{"type":"Leave"}"#) }
        #expect(error?.message.contains("Leave") == true)
    }
}

@Suite struct CoordinatorRequestTests {
    @Test("each message is read", arguments: [
        (
            #"{"type":"enter","session":"s","ticket":"t","received":3,"tick":9}"#,
            .enter(session: "s", ticket: "t", received: 3, tick: 9)
        ),
        (#"{"type":"clock","sample":4294967295,"clientMs":12.5}"#, .clock(sample: 4_294_967_295, clientMs: 12.5)),
        (#"{"type":"enter","session":"s","ticket":"t"}"#, .enter(session: "s", ticket: "t", received: 0)),
        (
            #"{"type":"enter","session":"s","ticket":"t","received":9007199254740991}"#,
            .enter(session: "s", ticket: "t", received: 9_007_199_254_740_991)
        ),
        (#"{"type":"validated","peer":0}"#, .validated(peer: 0, rttMs: nil)),
        (#"{"type":"validated","peer":254,"rttMs":12.5e0}"#, .validated(peer: 254, rttMs: 12.5)),
        (#"{"type":"validated","peer":0,"attempt":4294967295}"#, .validated(peer: 0, rttMs: nil, attempt: .max)),
        (#"{"type":"validationFailed","peer":1,"attempt":2}"#, .validationFailed(peer: 1, detail: nil, attempt: 2)),
        (#"{"type":"signal","to":1,"data":2,"attempt":3}"#, .signal(to: 1, data: Array("2".utf8), attempt: 3)),
        (#"{"type":"peerLost","peer":1}"#, .peerLost(peer: 1)),
        (#"{"type":"peerLost","peer":1,"attempt":1}"#, .peerLost(peer: 1, attempt: 1)),
        (#"{"type":"validationFailed","peer":1}"#, .validationFailed(peer: 1, detail: nil)),
        (#"{"type":"validationFailed","peer":1,"detail":"a\nb"}"#, .validationFailed(peer: 1, detail: "a\nb")),
        (#"{"type":"ready","barrier":"round 2"}"#, .ready(barrier: "round 2")),
        (#"{"type":"finish"}"#, .finish(result: nil)),
        (#"{"type":"finish","result":{"score": 1.0}}"#, .finish(result: Array(#"{"score": 1.0}"#.utf8))),
        (#"{"type":"visibility","hidden":true}"#, .visibility(hidden: true)),
        (#"{"type":"visibility","hidden":false,"x":1}"#, .visibility(hidden: false)),
        (#"{"type":"leave"}"#, .leave), (#"{"type":"exclude","reason":"focus"}"#, .exclude(reason: "focus")),
    ] as [(String, CoordinatorRequest)])
    func messages(text: String, message: CoordinatorRequest) throws {
        #expect(try coordinator(text) == message)
    }

    @Test("a signal's data passes byte for byte", arguments: [
        "1e400", "-9223372036854775808", "18446744073709551616", "1.0", "0.10000000000000000000000001", "null", "true",
        #""\u0041\ud800 \/""#, #"{"a":1,"a":2, "b" : [ ]}"#, "[[[[1]]],\n{}]", "\"☂\"",
    ])
    func opaque(data: String) throws {
        #expect(try coordinator("{\"type\":\"signal\",\"to\":3,\"data\": \(data) }") == .signal(to: 3, data: Array(data.utf8)))
        #expect(try coordinator("{\"data\":\(data),\"to\":3,\"type\":\"signal\"}") == .signal(to: 3, data: Array(data.utf8)))
        var bytes: [UInt8] = []
        CoordinatorReply.signal(from: 1, data: Array(data.utf8)).encode(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "{\"type\":\"signal\",\"from\":1,\"data\":\(data)}")
    }

    @Test("what is wrong is named", arguments: [
        (#"{"type":"enter","ticket":"t"}"#, "session"), (#"{"type":"enter","session":"s"}"#, "ticket"),
        (#"{"type":"enter","session":"s","ticket":"t","received":-1}"#, "received"),
        (#"{"type":"enter","session":"s","ticket":"t","received":9007199254740992}"#, "received"),
        (#"{"type":"enter","session":"s","ticket":"t","received":99999999999999999999999999}"#, "received"),
        (#"{"type":"enter","session":"s","ticket":"t","received":1.0}"#, "received"),
        (#"{"type":"enter","session":"s","ticket":"t","received":"1"}"#, "received"),
        (#"{"type":"signal","to":1,"data":1,"attempt":-1}"#, "attempt"), (#"{"type":"peerLost"}"#, "peer"),
        (#"{"type":"peerLost","peer":1,"attempt":4294967296}"#, "attempt"),
        (#"{"type":"signal","data":1}"#, "to"), (#"{"type":"signal","to":1}"#, "data"),
        (#"{"type":"signal","to":255,"data":1}"#, "to"), (#"{"type":"signal","to":-1,"data":1}"#, "to"),
        (#"{"type":"signal","to":1e2,"data":1}"#, "to"), (#"{"type":"signal","to":true,"data":1}"#, "to"),
        (#"{"type":"validated"}"#, "peer"), (#"{"type":"validated","peer":1,"rttMs":-1}"#, "rttMs"),
        (#"{"type":"validated","peer":1,"rttMs":1e400}"#, "rttMs"), (#"{"type":"validated","peer":1,"rttMs":"1"}"#, "rttMs"),
        (#"{"type":"validationFailed","peer":1,"detail":1}"#, "detail"), (#"{"type":"ready"}"#, "barrier"),
        (#"{"type":"ready","barrier":""}"#, "barrier"), (#"{"type":"finish","result":1}"#, "result"),
        (#"{"type":"finish","result":[]}"#, "result"), (#"{"type":"exclude"}"#, "reason"),
    ])
    func badMessage(text: String, member: String) {
        let error = #expect(throws: ClientMessageError.self) { try coordinator(text) }
        #expect(error?.code == .badMessage)
        #expect(error?.message.contains("`\(member)`") == true, "\(error?.message ?? "")")
    }

    @Test("parts over their limits are refused")
    func limits() {
        func text(_ count: Int) -> String { "\"" + String(repeating: "x", count: count) + "\"" }
        for (fine, over) in [
            ("{\"type\":\"signal\",\"to\":1,\"data\":\(text(32_766))}", "{\"type\":\"signal\",\"to\":1,\"data\":\(text(32_767))}"),
            ("{\"type\":\"ready\",\"barrier\":\(text(64))}", "{\"type\":\"ready\",\"barrier\":\(text(65))}"),
            ("{\"type\":\"exclude\",\"reason\":\(text(64))}", "{\"type\":\"exclude\",\"reason\":\(text(65))}"),
            (
                "{\"type\":\"validationFailed\",\"peer\":1,\"detail\":\(text(256))}",
                "{\"type\":\"validationFailed\",\"peer\":1,\"detail\":\(text(257))}"
            ),
            (
                "{\"type\":\"enter\",\"session\":\"s\",\"ticket\":\(text(1024))}",
                "{\"type\":\"enter\",\"session\":\"s\",\"ticket\":\(text(1025))}"
            ),
        ] {
            #expect(throws: Never.self) { try coordinator(fine) }
            #expect(code { _ = try coordinator(over) } == .badMessage)
        }
    }

    @Test("every prefix and every changed byte of a message gives an answer", arguments: [
        #"{"type":"signal","to":1,"data":{"a":[1.5e3,"\u00e9",null,true]}}"#,
        #"{"type":"enter","session":"s","ticket":"t","received":12}"#,
    ])
    func damaged(text: String) throws {
        let bytes = Array(text.utf8)
        for end in 0..<bytes.count {
            #expect(code { _ = try CoordinatorRequest.decode(Array(bytes[..<end]).span, limits: .init()) } == .badJSON)
        }
        for index in bytes.indices {
            for value in [0, 0x20, 0x22, 0x5c, 0x7b, 0x7d, 0x2c, 0x65, 0x30, 0x80, 0xff] as [UInt8] {
                var changed = bytes
                changed[index] = value
                _ = try? CoordinatorRequest.decode(changed.span, limits: .init())
            }
        }
    }
}

/// The code of the error that `body` throws; nil when it throws none.
func code(_ body: () throws -> Void) -> ErrorCode? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ClientMessageError)?.code
    }
}
