import Matchmaking
import SessionProtocol
import Testing

@testable import Service
@testable import matchmaker

/// The settings that a command line, an environment and a file give.
func settings(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
) throws -> MatchmakerSettings {
    let program = MatchmakerOptions.program
    let arguments = arguments + (file == nil ? [] : ["--config", "c.json"])
    let result = program.parse(arguments: arguments, environment: environment) { path throws(FileProblem) in
        guard let file, path == "c.json" else { throw FileProblem(reason: "No such file or directory") }
        return Array(file.utf8)
    }
    guard case .run(let configuration) = try result.get() else { throw ConfigurationError("", "prints") }
    return try MatchmakerSettings(configuration)
}

/// The one line of an error; empty when nothing is wrong.
func complaint(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
) -> String {
    do {
        _ = try settings(arguments, environment: environment, file: file)
        return ""
    } catch { return "\(error)" }
}

@Suite struct OptionTests {
    @Test("Each variable that only a server knows is no mistake to the others")
    func environmentNames() {
        let shared = Set((ServerOptions.players + ServerOptions.state + LogOptions.all).map(\.declaration.environmentName))
            .union(["GREENROOM_SECRET", "GREENROOM_SECRET_FILE"])
        let own = MatchmakerOptions.program.options.filter { $0.sources.contains(.environment) }.map(\.environmentName)
        #expect(Set(own).subtracting(shared).subtracting(ServerOptions.environmentNames) == [])
    }

    @Test("A link that others could reach needs a secret, and one that is not too short")
    func secret() throws {
        for open in ["0.0.0.0:9000", "10.0.0.1:9000", "[::]:9000"] {
            #expect(complaint(["--link-listen", open]).contains("so a secret is needed"), "\(open)")
            #expect(complaint(["--link-listen", open], environment: ["GREENROOM_SECRET": "0123456789abcdef"]) == "")
        }
        for closed in ["127.0.0.1:9000", "[::1]:9000", "unix:/tmp/a", "localhost:9000"] {
            #expect(complaint(["--link-listen", closed]) == "", "\(closed)")
        }
        let short = complaint(environment: ["GREENROOM_SECRET": "0123456789abcde"])
        #expect(short.hasPrefix("GREENROOM_SECRET: is shorter than 16 bytes") && !short.contains("0123"))
    }

    @Test("Pings have to fit the grace")
    func pings() {
        #expect(complaint(["--ping-interval", "600ms", "--link-grace", "1s"]).hasPrefix("--ping-interval: "))
        #expect(complaint(["--ping-interval", "500ms", "--link-grace", "1s"]) == "")
    }
}
