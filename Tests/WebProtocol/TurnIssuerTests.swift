import Digests
import Testing
import WebProtocol

@Suite struct TurnIssuerTests {
    private let issuer = TurnIssuer(secret: Array("north".utf8), lifetimeS: 600)
    private let nowUnixMs: UInt64 = 1_700_000_000_999

    private func fill(_ servers: String) -> String {
        String(decoding: issuer.fill(servers, for: "s-0", nowUnixMs: nowUnixMs), as: UTF8.self)
    }

    private var members: String {
        let credential = issuer.credential(for: "s-0", nowUnixMs: nowUnixMs)
        return #","username":"\#(credential.username)","credential":"\#(credential.credential)""#
    }

    @Test("the name says until when it is good, and the password is its code")
    func credential() {
        let credential = issuer.credential(for: "s-0", nowUnixMs: nowUnixMs)
        #expect(credential.username == "1700000600:s-0")
        let code = HMACSHA1.authenticate(Array("1700000600:s-0".utf8), key: Array("north".utf8))
        #expect(credential.credential == Base64.standard.encode(code.span))
        #expect(TurnIssuer(secret: [1], lifetimeS: .max).credential(for: "", nowUnixMs: .max).username == "\(UInt64.max):")
    }

    @Test("entries of TURN servers without a credential get one", arguments: [
        #"{"urls":"turn:turn.example.org:3478"}"#, #"{ "urls" : [ "stun:a", "turns:b?transport=tcp" ] }"#, #"{"url":"TURN:a"}"#,
        #"{"urls":["turn:a","turn:b"],"credentialType":"password"}"#, #"{"urls":"\u0074urn:a"}"#,
    ])
    func filled(entry: String) {
        let open = entry.dropLast()
        #expect(fill("[\(entry)]") == "[\(open)\(members)}]")
        #expect(fill(#" [{"urls":"stun:s"} , \#(entry),{}, \#(entry) ] "#) == #" [{"urls":"stun:s"} , \#(open)\#(members)},{}, \#(open)\#(members)} ] "#)
    }

    @Test("all else stays as it is, byte for byte", arguments: [
        "[]", "", "null", "[1, \"turn:a\"]", #"[{"urls":"stun:a"}]"#, #"[{"urls":"turn:a","username":"u","credential":"c"}]"#,
        #"[{"username":"u","urls":"turn:a"}]"#, #"[{"urls":"turn:a""#, #"[{"urls":{"turn:a":1}}]"#, #"[{"urls":["stun:a",["stun:b"]]}]"#,
        #"{"urls":"turn:a"}"#, #"[{"urls":"http:turn:a"}]"#,
    ])
    func untouched(servers: String) { #expect(fill(servers) == servers) }

    @Test("a shortened text is never read beyond its end")
    func truncated() {
        let text = Array(#"[{"urls":["stun:a","turn:b\u0041"],"x":[{}]},{"urls":"turn:c"}]"#.utf8)
        for count in 0..<text.count { _ = issuer.fill(String(decoding: text[..<count], as: UTF8.self), for: "t", nowUnixMs: 0) }
    }
}
