import Testing

@testable import Service
@testable import matchmaker

/// What a matchmaker says of a file with two scenes, the first of which sends to the second.
private func said(_ first: String, _ second: String, serverOrigins: String? = nil) -> String {
    let scenes = [("a", #""whenWaitIsOver": {"moveTo": "b"}"# + first), ("b", #""open": true"# + second)].map {
        #"{"id": "\#($0)", "groupSize": 2, \#($1)}"#
    }
    let options = serverOrigins.map { ["--allowed-origins", $0] } ?? []
    return complaint(options, file: "{\"scenes\": [\(scenes.joined(separator: ", "))]}")
}

private let place = "scenes[0].whenWaitIsOver.moveTo (scene \"a\"): "

@Suite struct MoveTests {
    @Test(
        "nobody is moved into a scene that would not have admitted its page",
        arguments: [
            (nil, #", "origins": ["https://b"]"#, nil, false), (#", "origins": ["https://b", "https://c"]"#, #", "origins": ["https://b"]"#, nil, false),
            (#", "origins": ["https://c"]"#, nil, "https://b", false), (nil, #", "origins": ["https://b"]"#, "https://b,https://c", false),
            (#", "origins": ["https://B:443"]"#, #", "origins": ["https://c", "https://b"]"#, nil, true),
            (#", "origins": ["https://b"]"#, nil, nil, true), (nil, #", "origins": ["https://b", "https://c"]"#, "https://b", true),
            (#", "origins": ["https://b"]"#, nil, "https://b,https://c", true), (nil, nil, "https://b", true),
        ] as [(String?, String?, String?, Bool)])
    func origins(first: String?, second: String?, server: String?, isGood: Bool) {
        let line = said(first ?? "", second ?? "", serverOrigins: server)
        if isGood {
            #expect(line == "")
        } else {
            #expect(line.contains(place + "leads to a scene whose \"origins\" do not admit all pages"), "\(line)")
        }
    }

    @Test(
        "nor into one that asks for tokens which it need not have shown",
        arguments: [
            ("", #", "admission": {"jwtSecretFile": "s"}"#, "admits nobody without a token"),
            (#", "admission": {"jwtSecretFile": "s", "required": false}"#, #", "admission": {"jwtSecretFile": "s"}"#, "admits nobody without a token"),
            (#", "admission": {"jwtSecretFile": "t"}"#, #", "admission": {"jwtSecretFile": "s"}"#, "asks for other tokens"),
            (#", "admission": {"jwtSecretFile": "s"}"#, #", "admission": {"jwtSecretFile": "s", "issuer": "i"}"#, "asks for other tokens"),
            (#", "admission": {"jwtSecretFile": "s", "audience": "x"}"#, #", "admission": {"jwtSecretFile": "s"}"#, "asks for other tokens"),
        ])
    func tokens(first: String, second: String, words: String) {
        let line = said(first, second)
        #expect(line.contains(place + "leads to a scene that ") && line.contains(words), "\(line)")
    }

    @Test(
        "where it asks for the same tokens, or for none, the move is a good one",
        arguments: [
            (#", "admission": {"jwtSecretFile": "s"}"#, #", "admission": {"jwtSecretFile": "s"}"#),
            ("", #", "admission": {"jwtSecretFile": "s", "required": false}"#), (#", "admission": {"jwtSecretFile": "s"}"#, ""),
        ])
    func sameTokens(first: String, second: String) {
        // The secret is looked for only when the scenes make sense.
        let line = said(first, second)
        #expect(line.contains("cannot read \"s\""), "\(line)")
    }
}
