import Reactor
import SessionProtocol
import Testing

@testable import Service
@testable import coordinator

private func settings(_ arguments: String..., environment: [String: String] = [:]) throws -> CoordinatorSettings {
    let result = CoordinatorOptions.program.parse(arguments: arguments, environment: environment) {
        _ throws(FileProblem) in throw FileProblem(reason: "No such file or directory")
    }
    guard case .run(let configuration) = try result.get() else { throw ConfigurationError("", "prints") }
    return try CoordinatorSettings(configuration)
}

private func url(_ arguments: String..., port: UInt16) throws -> String {
    let result = CoordinatorOptions.program.parse(arguments: arguments, environment: [:]) {
        _ throws(FileProblem) in throw FileProblem(reason: "No such file or directory")
    }
    guard case .run(let configuration) = try result.get() else { throw ConfigurationError("", "prints") }
    let settings = try CoordinatorSettings(configuration)
    return settings.publicURL(listeningAt: settings.listen.withPort(port))
}

@Suite struct OptionTests {
    @Test("Each variable that only a server knows is no mistake to the others")
    func environmentNames() {
        let shared = Set((ServerOptions.players + ServerOptions.state + LogOptions.all).map(\.declaration.environmentName))
            .union(["GREENROOM_SECRET", "GREENROOM_SECRET_FILE"])
        let own = CoordinatorOptions.program.options.filter { $0.sources.contains(.environment) }.map(\.environmentName)
        #expect(Set(own).subtracting(shared).subtracting(ServerOptions.environmentNames) == [])
    }

    @Test("A link to elsewhere needs a secret")
    func secret() throws {
        for far in ["matchmaker:9000", "10.0.0.1:9000"] {
            let error = #expect(throws: ConfigurationError.self) { try settings("--link", far) }
            #expect(error?.description.contains("so a secret is needed") == true)
            _ = try settings("--link", far, environment: ["GREENROOM_SECRET": "0123456789abcdef"])
        }
        for near in ["127.0.0.1:9000", "[::1]:9000", "unix:/tmp/a", "localhost:9000"] { _ = try settings("--link", near) }
    }

    @Test("Players are sent to the address that is listened on, with its real port")
    func ownAddress() throws {
        #expect(try url("--listen", "127.0.0.1:0", port: 4711) == "ws://127.0.0.1:4711/v1/play")
        #expect(try url("--listen", "[::1]:0", port: 4711) == "ws://[::1]:4711/v1/play")
    }

    @Test("What players cannot be sent to needs a public address", arguments: ["0.0.0.0:80", "[::]:80", "unix:/tmp/play"])
    func needed(listen: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try settings("--listen", listen) }
        #expect(error?.description.hasPrefix("--public-url: is needed") == true)
        _ = try settings("--listen", listen, "--public-url", "wss://play.example/v1/play")
    }

    @Test("A public address is taken as it is, and {port} stands for the port")
    func publicURL() throws {
        #expect(try url("--public-url", "wss://play.example/a/v1/play", port: 1) == "wss://play.example/a/v1/play")
        #expect(try url("--public-url", "ws://h:{port}/v1/play", port: 65_535) == "ws://h:65535/v1/play")
        #expect(try url("--public-url", "wss://h/{port}/v1/play", port: 81) == "wss://h/81/v1/play")
    }

    @Test(
        "What is no address of a WebSocket at /v1/play is refused",
        arguments: [
            "http://h/v1/play", "h/v1/play", "ws://h/", "ws://h/v1/play/", "ws:///v1/play", "ws://h /v1/play", "ws://v1/play",
            "ws://h/v1/play#/v1/play",
        ])
    func wrongURL(url: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings("--public-url", url) }
        #expect(error?.description.hasPrefix("--public-url: ") == true)
    }

    @Test("A range of ports ends where ports end")
    func ports() throws {
        _ = try settings("--listen", "127.0.0.1:65000", "--listen-ports", "536")
        #expect(throws: ConfigurationError.self) { try settings("--listen", "127.0.0.1:65000", "--listen-ports", "537") }
    }
}
