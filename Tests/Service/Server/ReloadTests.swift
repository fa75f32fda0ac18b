import Testing

@testable import Service

@Suite struct ReloadTests {
    @Test("Options that differ are named by their keys, whatever their source, and secrets without their values")
    func differences() throws {
        let files = ["c.json": #"{"grace": "20s", "name": "a"}"#]
        let before = try values(["--config", "c.json"], environment: ["GREENROOM_SECRET": "hush"], files: files)
        func differ(_ text: String, secret: String = "hush") throws -> [String] {
            try values(["--config", "c.json"], environment: ["GREENROOM_SECRET": secret], files: ["c.json": text])
                .optionsThatDiffer(from: before)
        }
        #expect(try differ(#"{"name": "a", "grace": 20000}"#) == [])
        #expect(try differ(#"{"name": "a", "grace": "20s", "listen": "127.0.0.1:8080"}"#) == [], "that is the default")
        #expect(try differ(#"{"grace": "21s", "playersMax": 9}"#) == ["grace", "name", "playersMax"])
        #expect(try differ(#"{"grace": "20s", "name": "a", "scenes": []}"#, secret: "other") == ["secret"])
        #expect(before.hasFile)
        #expect(try !values().hasFile)
    }

    @Test("Without a file there is nothing to reload, and the log says so once")
    func nothing() throws {
        let log = try LogHarness(.json)
        let result = Reload(Sample.program, try values(), log.logger).run { _ in
            Issue.record("nothing is applied")
            return nil
        }
        #expect(result == .nothing)
    }
}
