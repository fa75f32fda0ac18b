import Matchmaking
import SessionProtocol
import Testing

@testable import Service
@testable import matchmaker

@Suite struct SceneFileTests {
    @Test("Without a file the four scenes of a first look are there, and names are trusted in them")
    func builtIn() throws {
        let scenes = try settings().scenes
        #expect(scenes.map(\.id.name) == ["duo", "duo-relay", "quartet", "quartet-relay"])
        #expect(scenes.map(\.groupSize) == [2, 2, 4, 4])
        #expect(scenes.map(\.settings.validatesPeers) == [true, false, true, false])
        #expect(scenes[0].settings.onValidationFailure == .requeue && scenes[2].settings.onValidationFailure == .relay)
        #expect(scenes.allSatisfy { $0.identity == .open && $0.isOpen })
    }

    @Test("Every field of a scene arrives")
    func fields() throws {
        let scene = try #require(
            try settings(
                file: """
                    {"scenes": [{"id": "trio", "groupSize": 3, "validatePeers": true, "onValidationFailure": "end",
                    "identity": "proof", "open": false, "waitingMax": 12, "waitTimeout": "90s", "enterTimeout": "11s",
                    "validationTimeout": "12s", "reconnectGrace": "13s", "barrierTimeout": "14s", "playTimeout": "15m",
                    "iceServers": [{"urls": "stun:a"}], "completionCodes": {"completed": "C1", "no_show": "C2"}}]}
                    """
            ).scenes.first)
        #expect(scene.id.name == "trio" && scene.groupSize == 3 && scene.waitingMax == 12 && scene.waitTimeoutMs == 90_000)
        #expect(scene.identity == .proof && !scene.isOpen)
        let settings = scene.settings
        #expect(settings.validatesPeers && settings.onValidationFailure == .end)
        #expect(settings.enterTimeoutMs == 11_000 && settings.validationTimeoutMs == 12_000)
        #expect(settings.reconnectGraceMs == 13_000 && settings.barrierTimeoutMs == 14_000)
        #expect(settings.playTimeoutMs == 900_000 && settings.iceServers == #"[{"urls": "stun:a"}]"#)
        #expect(Set(settings.completionCodes.map(\.code)) == ["C1", "C2"])
    }

    @Test(
        "A wrong field is one line that names the file, the line and the field",
        arguments: [
            (#""groupSize": 0"#, "groupSize"), (#""groupSize": 256"#, "groupSize"), (#""groupSize": 2.5"#, "groupSize"),
            (#""groupSize": "2""#, "groupSize"), (#""groupSize": 99999999999999999999"#, "groupSize"),
            (#""groupSize": 17, "validatePeers": true"#, "groupSize"),
            (#""groupSize": 2, "validatePeers": 1"#, "validatePeers"),
            (#""groupSize": 2, "onValidationFailure": "retry""#, "onValidationFailure"),
            (#""groupSize": 2, "identity": "none""#, "identity"), (#""groupSize": 2, "open": null"#, "open"),
            (#""groupSize": 2, "waitingMax": 0"#, "waitingMax"), (#""groupSize": 2, "waitTimeout": "soon""#, "waitTimeout"),
            (#""groupSize": 2, "enterTimeout": "1ms""#, "enterTimeout"), (#""groupSize": 2, "iceServers": {}"#, "iceServers"),
            (#""groupSize": 2, "iceServers": ["stun:a"]"#, "iceServers"),
            (#""groupSize": 2, "completionCodes": {"won": "C"}"#, "won"),
            (#""groupSize": 2, "completionCodes": {"completed": 5}"#, "completed"),
            (#""groupSize": 2, "colour": "red""#, "colour"), (#""validatePeers": true"#, "groupSize"),
        ])
    func mistakes(fields: String, named: String) {
        let line = complaint(file: "{\"scenes\": [\n{\"id\": \"a\",\n\(fields)}]}")
        #expect(line.hasPrefix("c.json:") && line.contains(named), "\(line)")
        #expect(line.contains(": scenes[0]") && line.contains(" (scene \"a\"): "), "\(line)")
        #expect(line.contains("c.json:2:") || line.contains("c.json:3:"), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test(
        "A list of scenes has to make sense as a whole",
        arguments: [
            "[]", "{}", "[1]", #"[{"id": "", "groupSize": 2}]"#, #"[{"id": "a\nb", "groupSize": 2}]"#,
            #"[{"id": "a", "groupSize": 2}, {"id": "a", "groupSize": 3}]"#,
            #"[{"id": "a", "groupSize": 2, "completionCodes": {"completed": "a", "completed": "b"}}]"#,
        ])
    func lists(scenes: String) {
        let line = complaint(file: "{\"scenes\": \(scenes)}")
        #expect(line.hasPrefix("c.json:1:") && !line.contains("\n"), "\(line)")
    }

    @Test("A reason that is none stands in the error without its line breaks")
    func unknownReason() {
        let line = complaint(file: #"{"scenes": [{"id": "a", "groupSize": 2, "completionCodes": {"no\nshow": "a"}}]}"#)
        #expect(line.hasPrefix("c.json:1:") && line.contains("completionCodes") && line.contains("no reason"), "\(line)")
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(line)")
    }
}
