import Testing

@testable import Service

@Suite struct SecretFileTests {
    @Test(
        "a secret that all may read or write, or a group may write, is warned of by name and mode",
        arguments: [
            (0o100644 as UInt32, "mode 0644: every user may read it"), (0o100604, "mode 0604: every user may read it"),
            (0o100666, "mode 0666: every user may read and write it"), (0o100602, "mode 0602: every user may write it"),
            (0o100660, "mode 0660: its whole group may write it"), (0o100004, "mode 0004: every user may read it"),
        ])
    func exposed(mode: UInt32, words: String) {
        let warning = SecretFile.warning(about: "keys/s", mode: mode) ?? ""
        #expect(warning.hasPrefix("the file \"keys/s\" ") && warning.contains(words), "\(warning)")
    }

    @Test("a secret of its owner, or one that a group may read, is not", arguments: [0o100600, 0o100400, 0o100640, 0o100440] as [UInt32])
    func kept(mode: UInt32) { #expect(SecretFile.warning(about: "s", mode: mode) == nil) }

    @Test("a file that is not there is for its reader to speak of")
    func missing() { #expect(SecretFile.warning(about: "/nowhere/at/all") == nil) }

    @Test("a problem with a secret names the file that it was read from, in the way that the file was named")
    func named() throws {
        func line(_ arguments: [String], _ environment: [String: String]) throws -> String {
            let result = ServerProgram.program.parse(arguments: arguments, environment: environment) { _ throws(FileProblem) in
                Array("fifteen bytes..".utf8)
            }
            guard case .run(let configuration) = try result.get() else { return "" }
            let error = #expect(throws: ConfigurationError.self) {
                try ServerOptions.linkSecret(configuration, for: ServerProgram.link, at: configuration[ServerProgram.link])
            }
            return error?.description ?? ""
        }
        #expect(try line(["--secret-file", "s"], [:]).hasPrefix(#"--secret-file: "s" is shorter than 16 bytes"#))
        #expect(try line([], ["GREENROOM_SECRET_FILE": "s"]).hasPrefix(#"GREENROOM_SECRET_FILE: "s" is shorter"#))
        #expect(try line([], ["GREENROOM_SECRET": "fifteen bytes.."]).hasPrefix("GREENROOM_SECRET: is shorter than 16 bytes"))
    }
}

private enum ServerProgram {
    static let link = Option.address("link", default: "unix:/tmp/l", section: "Link", help: "Where.")
    static let program = Program(name: "sample", summary: "has a secret", options: [link, ServerOptions.secret])
}
