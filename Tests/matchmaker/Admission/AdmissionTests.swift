import Digests
import Matchmaking
import SessionProtocol
import Testing

@testable import Service
@testable import WebProtocol
@testable import matchmaker

private let secret = "a secret of thirty-two bytes, or more"
private let nowMs: UInt64 = 1_700_000_000_000

private func token(_ payload: String, secret: String = secret) -> String {
    let input = Base64.url.encode(Array(#"{"alg":"HS256"}"#.utf8)) + "." + Base64.url.encode(Array(payload.utf8))
    return input + "." + Base64.url.encode(HMACSHA256.authenticate(Array(input.utf8), key: Array(secret.utf8)).array)
}

/// Scenes from the text of a file, and secrets from these files.
private func admissions(_ scenes: String, files: [String: String] = ["s": secret + "\n"]) throws -> Admissions {
    let node = try ConfigurationNode.parse(Array(scenes.utf8), file: "c.json")
    _ = try SceneFile.scenes(node)
    return try Admissions(node) { (path) throws(FileProblem) in
        guard let text = files[path] else { throw FileProblem(reason: "No such file or directory") }
        return Array(text.utf8)
    }
}

private func check(_ admissions: Admissions, _ token: String?, _ subject: String = "ann", _ scene: String = "a") -> AdmissionRefusal? {
    do throws(AdmissionRefusal) {
        guard let scene = try? SceneID(scene), let subject = try? SubjectID(subject) else { return nil }
        _ = try admissions[scene]?.check(token, subject, scene, nowUnixMs: nowMs)
        return nil
    } catch {
        return error
    }
}

@Suite struct AdmissionTests {
    static let one = #"[{"id":"a","groupSize":2,"admission":{"jwtSecretFile":"s"}},{"id":"b","groupSize":2}]"#

    @Test("a token counts for its subject, in the scenes that it names, or in all when it names none")
    func subjects() throws {
        let admissions = try admissions(Self.one)
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001}"#)) == nil)
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"scene":"a"}"#)) == nil)
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"scene":["b","a"]}"#)) == nil)
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"scene":["b"]}"#)) == .token(.scene))
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"scene":[]}"#)) == .token(.scene))
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001}"#), "bob") == .token(.subject))
        #expect(check(admissions, token(#"{"exp":1700000001}"#)) == .token(.subject))
        #expect(check(admissions, token(#"{"sub":"","exp":1700000001}"#)) == .token(.subject))
        #expect(check(admissions, token(#"{"sub":"ann","exp":1}"#)) == .token(.expired))
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001}"#, secret: secret + "!")) == .token(.signature))
        #expect(check(admissions, nil) == .noToken)
        #expect(check(admissions, nil, "ann", "b") == nil)
    }

    @Test("a token that has expired lets those pass who have a place already, and nothing else about it may be wrong")
    func expired() throws {
        let admissions = try admissions(Self.one)
        let (scene, ann) = (try SceneID("a"), try SubjectID("ann"))
        func check(_ token: String?, hasPlace: Bool = true) -> AdmissionRefusal? {
            do throws(AdmissionRefusal) {
                let claims = try admissions[scene]?.check(token, ann, scene, nowUnixMs: nowMs) { hasPlace }
                #expect(claims?.isExpired == true)
                return nil
            } catch {
                return error
            }
        }
        let old = #""exp":1600000000"#
        #expect(check(token(#"{"sub":"ann",\#(old)}"#)) == nil)
        #expect(check(token(#"{"sub":"ann",\#(old)}"#), hasPlace: false) == .token(.expired))
        #expect(check(token(#"{"sub":"bob",\#(old)}"#)) == .token(.subject))
        #expect(check(token(#"{"sub":"ann",\#(old),"scene":"b"}"#)) == .token(.scene))
        #expect(check(token(#"{"sub":"ann",\#(old)}"#, secret: secret + "!")) == .token(.signature))
        #expect(check(token(#"{"sub":"ann",\#(old),"aud":"x"}"#)) == .token(.audience))
        #expect(check(nil) == .noToken)
    }

    @Test("where a token may be left out, one that is brought is checked nevertheless")
    func optional() throws {
        let admissions = try admissions(#"[{"id":"a","groupSize":2,"admission":{"jwtSecretFile":"s","required":false}}]"#)
        #expect(check(admissions, nil) == nil)
        #expect(check(admissions, "x") == .token(.malformed))
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001}"#), "bob") == .token(.subject))
    }

    @Test("issuer and audience are those of the scene")
    func names() throws {
        let admissions = try admissions(
            #"[{"id":"a","groupSize":2,"admission":{"jwtSecretFile":"s","issuer":"i","audience":"u"}}]"#)
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"iss":"i","aud":["u"]}"#)) == nil)
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"iss":"j","aud":["u"]}"#)) == .token(.issuer))
        #expect(check(admissions, token(#"{"sub":"ann","exp":1700000001,"iss":"i"}"#)) == .token(.audience))
    }

    @Test(
        "a secret that cannot be used is named by file, place, field and scene, and not shown",
        arguments: [
            (nil, #"cannot read "s": No such file or directory"#), ("", #""s" is empty"#), ("\n", #""s" is empty"#),
            ("a secret of thirty-one bytes...\r\n", #""s" is shorter than 32 bytes"#),
            (String(repeating: "x", count: 4097), #""s" is longer than 4096 bytes"#),
        ])
    func secrets(text: String?, problem: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try admissions(Self.one, files: text.map { ["s": $0] } ?? [:])
        }
        let line = error?.description ?? ""
        #expect(line.hasPrefix(#"c.json:1:55: [0].admission.jwtSecretFile (scene "a"): "#), "\(line)")
        #expect(line.hasSuffix(problem), "\(line)")
    }

    @Test("tokens and trust in names exclude each other")
    func open() {
        let error = #expect(throws: ConfigurationError.self) {
            try admissions(#"[{"id":"a","groupSize":2,"identity":"open","admission":{"jwtSecretFile":"s"}}]"#)
        }
        #expect(error?.description.contains(#"[0].identity (scene "a"): "open" trusts names"#) == true)
    }

    @Test("scenes with one secret and one issuer have one authority")
    func authorities() throws {
        let node = try ConfigurationNode.parse(
            Array(
                #"""
                [{"id":"a","groupSize":2,"admission":{"jwtSecretFile":"s"}},
                 {"id":"b","groupSize":2,"admission":{"jwtSecretFile":"s","audience":"u","required":false}},
                 {"id":"c","groupSize":2,"admission":{"jwtSecretFile":"s","issuer":"i"}},
                 {"id":"d","groupSize":2,"admission":{"jwtSecretFile":"t"}}, {"id":"e","groupSize":2}]
                """#.utf8), file: "c.json")
        let authorities = try SceneFile.scenes(node).map(\.authority)
        #expect(authorities[0] == authorities[1] && authorities[4] == nil)
        #expect(Set(authorities[1...3].compactMap { $0 }).count == 3)
    }

    @Test("each refusal has a label of its own")
    func labels() {
        #expect(Set(AdmissionRefusal.samples.map(\.label)).count == AdmissionRefusal.samples.count)
        #expect(AdmissionRefusal.samples.allSatisfy { $0.clientError.code.isFatal })
    }
}
