import Testing

@testable import Service

enum Colour: String, CaseIterable, Sendable {
    case red
    case green
}

/// A program with an option of every kind.
enum Sample {
    static let listen = Option.address("listen", default: "127.0.0.1:8080", section: "Network", help: "Where clients connect.")
    static let linkConnect = Option.address("link-connect", section: "Network", help: "Where the other side is.")
    static let name = Option.text("name", default: "node", bytesMax: 8, section: "Network", help: "A name.")
    static let note = Option.text("note", section: "Network", help: "A note.")
    static let players = Option.integer("players-max", in: 2...64, default: 8, section: "Game", help: "Most players.")
    static let grace = Option.durationMs("grace", in: 100...3_600_000, default: 15_000, section: "Game", help: "How long.")
    static let frame = Option.bytes("frame-max", in: 1024...1 << 20, default: 65_536, section: "Game", help: "How large.")
    static let proxy = Option.flag("trust-proxy", section: "Network", help: "Trust it.")
    static let compress = Option.flag("compress", default: true, section: "Network", help: "Compress.")
    static let colour = Option.choice("colour", default: Colour.red, section: "Game", help: "A colour.")
    static let data = Option.path("data", default: "./data", section: "Game", help: "A folder.")
    static let origins = Option.list("origins", itemsMax: 3, section: "Network", help: "Allowed origins.")
    static let secret = Option.secret("secret", section: "Link", help: "Shared by both servers.")
    static let fileOnly = Option.integer("tuning", in: 0...9, default: 1, section: "Game", sources: .file, help: "Rarely needed.")

    static let program = Program(
        name: "matchmaker", summary: "puts people who wait for a game together",
        options: [
            listen, linkConnect, name, note, proxy, compress, origins, players, grace, frame, colour, data, fileOnly, secret,
        ], structuredKeys: [StructuredKey("scenes", help: "the kinds of games.")],
        environmentOfOthers: ["GREENROOM_CAPACITY"])
}

func parse(
    _ arguments: [String] = [], environment: [String: String] = [:], files: [String: String] = [:],
    program: Program = Sample.program
) -> Result<Invocation, ConfigurationError> {
    program.parse(arguments: arguments, environment: environment) { path throws(FileProblem) in
        guard let text = files[path] else { throw FileProblem(reason: "No such file or directory") }
        return Array(text.utf8)
    }
}

/// The values, when the program would run.
func values(
    _ arguments: [String] = [], environment: [String: String] = [:], files: [String: String] = [:],
    program: Program = Sample.program
) throws -> Configuration {
    guard case .run(let configuration) = try parse(arguments, environment: environment, files: files, program: program).get()
    else { throw ConfigurationError("", "prints instead of running") }
    return configuration
}

/// The one line that goes to stderr, without the program's name; empty when nothing is wrong.
func complaint(
    _ arguments: [String] = [], environment: [String: String] = [:], files: [String: String] = [:],
    program: Program = Sample.program
) -> String {
    switch parse(arguments, environment: environment, files: files, program: program) {
    case .success: ""
    case .failure(let error): error.description
    }
}

/// The complaint about a configuration file with this text.
func complaint(file text: String) -> String {
    complaint(["--config", "c.json"], files: ["c.json": text])
}
