import Digests
import Testing

@testable import WebProtocol

/// The example of RFC 7515, appendix A.1: a token with an `exp` of 1300819380 and two claims that nobody here knows.
private enum Example {
    static let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    static let expiresMs: UInt64 = 1_300_819_380_000
}

private let key = Array("a secret of thirty-two bytes, or more".utf8)
private let nowMs: UInt64 = 1_700_000_000_000

/// A token as another program would make it.
func sign(
    _ payload: String, header: String = #"{"alg":"HS256","typ":"JWT"}"#, key: [UInt8] = key
) -> String {
    let input = Base64.url.encode(Array(header.utf8)) + "." + Base64.url.encode(Array(payload.utf8))
    return input + "." + Base64.url.encode(HMACSHA256.authenticate(Array(input.utf8), key: key).array)
}

private func verify(
    _ token: String, issuer: String? = nil, audience: String? = nil, nowMs: UInt64 = nowMs, limits: JWTLimits = JWTLimits()
) -> Result<JWTClaims, JWTError> {
    do throws(JWTError) {
        return .success(
            try JWTVerifier(key: key, issuer: issuer, audience: audience, limits: limits).verify(token, nowUnixMs: nowMs))
    } catch {
        return .failure(error)
    }
}

private func failure(_ result: Result<JWTClaims, JWTError>) -> JWTError? {
    if case .failure(let error) = result { error } else { nil }
}

@Suite struct JWTTests {
    @Test("the example of RFC 7515 is good until it expires, by the leeway")
    func example() throws {
        let verifier = JWTVerifier(key: try Base64.url.decode(Example.key), issuer: "joe")
        let leewayMs = JWTLimits().leewayMs
        #expect(try verifier.verify(Example.token, nowUnixMs: Example.expiresMs - 1) == JWTClaims())
        #expect(try verifier.verify(Example.token, nowUnixMs: Example.expiresMs + leewayMs - 1) == JWTClaims())
        #expect(throws: JWTError.expired) { try verifier.verify(Example.token, nowUnixMs: Example.expiresMs + leewayMs) }
        let another = JWTVerifier(key: try Base64.url.decode(Example.key), issuer: "jo")
        #expect(throws: JWTError.issuer) { try another.verify(Example.token, nowUnixMs: 0) }
    }

    @Test("every change of one character of a token is found")
    func tampering() throws {
        let verifier = JWTVerifier(key: try Base64.url.decode(Example.key))
        let characters = Array(Example.token.utf8)
        for index in characters.indices {
            for replacement in [UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "=")] where replacement != characters[index] {
                var changed = characters
                changed[index] = replacement
                let text = String(decoding: changed, as: UTF8.self)
                #expect(throws: JWTError.self, "\(index)") { try verifier.verify(text, nowUnixMs: 0) }
            }
        }
        for count in characters.indices {
            let text = String(decoding: characters[..<count], as: UTF8.self)
            #expect(throws: JWTError.self) { try verifier.verify(text, nowUnixMs: 0) }
        }
    }

    @Test("subject, scenes and attributes are read as they stand there")
    func claims() throws {
        let payload = #"{"sub":"\u00e4nn","scene":"duo","exp":1700000060,"jti":"7","attributes": {"a": [1]} }"#
        #expect(
            try verify(sign(payload)).get()
                == JWTClaims(subject: "änn", scenes: ["duo"], attributes: Array(#"{"a": [1]}"#.utf8)))
        #expect(try verify(sign(#"{"exp":1700000060,"scene":["a","b"]}"#)).get().scenes == ["a", "b"])
        #expect(try verify(sign(#"{"exp":1700000060,"scene":[]}"#)).get().scenes == [])
    }

    @Test(
        "only HS256 counts, whatever the header says",
        arguments: [
            (#"{"alg":"none"}"#, JWTError.algorithm), (#"{"alg":"None"}"#, .algorithm), (#"{"alg":"hs256"}"#, .algorithm),
            (#"{"alg":"HS512"}"#, .algorithm), (#"{"alg":"RS256"}"#, .algorithm), (#"{"typ":"JWT"}"#, .algorithm),
            (#"{"alg":["HS256"]}"#, .claim), (#"{"alg":"HS256","alg":"none"}"#, .malformed),
            (#"{"alg":"HS256","\u0061lg":"HS256"}"#, .malformed), (#"["HS256"]"#, .malformed), ("", .malformed),
            (#"{"alg":"HS256","crit":["b64"],"b64":false}"#, .header), (#"{"alg":"HS256","typ":"JWE"}"#, .header),
            (#"{"alg":"HS256"} "#, nil), (#"{"alg":"HS256","typ":"jwt","kid":"1"}"#, nil),
        ])
    func headers(header: String, error: JWTError?) {
        #expect(failure(verify(sign(#"{"exp":1700000060}"#, header: header))) == error)
    }

    @Test("a token without a signature is none, with any algorithm")
    func unsigned() {
        let payload = Base64.url.encode(Array(#"{"exp":1700000060}"#.utf8))
        for algorithm in ["none", "HS256"] {
            let header = Base64.url.encode(Array(#"{"alg":"\#(algorithm)"}"#.utf8))
            #expect(failure(verify("\(header).\(payload).")) == (algorithm == "none" ? .algorithm : .signature))
            #expect(failure(verify("\(header).\(payload)")) == .malformed)
        }
    }

    @Test("a signature with another key, or of other bytes, or cut off, is wrong")
    func signatures() {
        let good = sign(#"{"exp":1700000060}"#)
        #expect(failure(verify(sign(#"{"exp":1700000060}"#, key: key + [0x21]))) == .signature)
        let other = sign(#"{"exp":1700000061}"#)
        let mixed = good.split(separator: ".")[..<2].joined(separator: ".") + "." + other.split(separator: ".")[2]
        #expect(failure(verify(mixed)) == .signature)
        let short = String(good.dropLast(3))
        #expect([.signature, .malformed].contains(failure(verify(short))))
    }

    @Test("claims of an unsigned token are not looked at: what is wrong with them is not told")
    func orderOfChecks() {
        let bad = sign(#"{"exp":"soon","sub":7,"#, key: key + [0x21])
        #expect(failure(verify(bad)) == .signature)
    }

    @Test(
        "times count with a leeway of half a minute, and a token without an end is none",
        arguments: [
            (#"{"exp":1699999970.001}"#, nil), (#"{"exp":1699999970}"#, JWTError.expired), (#"{"exp":-1}"#, .expired),
            (#"{}"#, .endless), (#"{"exp":null}"#, .claim), (#"{"exp":"1700000060"}"#, .claim), (#"{"exp":1e999}"#, .claim),
            (#"{"exp":1e300}"#, nil), (#"{"exp":1700000060,"nbf":1700000030}"#, nil),
            (#"{"exp":1700000060,"nbf":1700000030.001}"#, .early), (#"{"exp":1700000060,"iat":1700000030}"#, nil),
            (#"{"exp":1700000060,"iat":1700000031}"#, .early), (#"{"exp":1700000060,"iat":true}"#, .claim),
        ])
    func times(payload: String, error: JWTError?) {
        #expect(failure(verify(sign(payload))) == error)
    }

    @Test("an audience that the token names has to be ours, and one that we want has to be named")
    func audiences() {
        func check(_ aud: String, _ audience: String?) -> JWTError? {
            failure(verify(sign(#"{"exp":1700000060\#(aud)}"#), audience: audience))
        }
        #expect(check("", nil) == nil)
        #expect(check(#","aud":"us""#, "us") == nil)
        #expect(check(#","aud":["them","us"]"#, "us") == nil)
        #expect(check("", "us") == .audience)
        #expect(check(#","aud":"us""#, nil) == .audience)
        #expect(check(#","aud":["them"]"#, "us") == .audience)
        #expect(check(#","aud":[]"#, "us") == .audience)
        #expect(check(#","aud":["us",7]"#, "us") == .claim)
        #expect(failure(verify(sign(#"{"exp":1700000060}"#), issuer: "x")) == .issuer)
        #expect(failure(verify(sign(#"{"exp":1700000060,"iss":"x"}"#), issuer: "x")) == nil)
    }

    @Test(
        "claims that are no object, or say a thing twice, or in the wrong kind, are refused",
        arguments: [
            ("[]", JWTError.malformed), ("", .malformed), ("{", .malformed), (#"{"exp":1700000060}x"#, .malformed),
            (#"{"exp":1700000060,"exp":1}"#, .malformed), (#"{"exp":1700000060,"sub":"a","\u0073ub":"b"}"#, .malformed),
            (#"{"exp":1700000060,"sub":7}"#, .claim), (#"{"exp":1700000060,"scene":{}}"#, .claim),
            (#"{"exp":1700000060,"scene":null}"#, .claim), (#"{"exp":1700000060,"attributes":[]}"#, .claim),
            (#"{"exp":1700000060,"sub":"\ud800"}"#, .claim),
        ])
    func badClaims(payload: String, error: JWTError) {
        #expect(failure(verify(sign(payload))) == error)
    }

    @Test("each limit holds exactly")
    func limits() {
        var limits = JWTLimits()
        let token = sign(#"{"exp":1700000060,"scene":["ab","c"]}"#)
        limits.tokenBytesMax = token.utf8.count
        (limits.nameBytesMax, limits.namesMax, limits.headerBytesMax) = (5, 2, 27)
        #expect(failure(verify(token, limits: limits)) == nil)
        limits.tokenBytesMax -= 1
        #expect(failure(verify(token, limits: limits)) == .malformed)
        limits.tokenBytesMax += 1
        limits.namesMax = 1
        #expect(failure(verify(token, limits: limits)) == .claim)
        limits.namesMax = 2
        limits.nameBytesMax = 4
        #expect(failure(verify(token, limits: limits)) == .claim, "`alg` has five bytes")
        limits.nameBytesMax = 5
        limits.headerBytesMax = 26
        #expect(failure(verify(token, limits: limits)) == .malformed)
    }

    @Test("no explanation is empty or told twice")
    func explanations() {
        #expect(Set(JWTError.allCases.map(\.explanation)).count == JWTError.allCases.count)
    }
}
