import Glibc
import Service
import WebProtocol

/// What every command can be asked for.
struct CommonSettings {
    private static let report = Option.path(
        "json", section: "Run", sources: .flag, help: "Also write all raw figures and the machine's facts there.")
    private static let servers = Option.path(
        "servers", "DIR", section: "Run", sources: .flag,
        help: "Folder of matchmaker and coordinator; that of bench when not given.")
    private static let check = Option.flag(
        "check", section: "Run", sources: .flag, help: "Exit with 1 when a target is missed.")

    static let options: [any DeclaredOption] = [report, servers, check]

    /// The section of what a command's own options ask for.
    static let loadSection = "Load"

    /// How often floor and server are measured, in turn.
    static func rounds(default fallback: Int) -> Option<Int> {
        .integer(
            "rounds", in: 1...1000, default: fallback, section: loadSection, sources: .flag,
            help: "Repetitions, floor and server in turn; the median counts.")
    }

    private let reportPath: String?
    private let serversFolder: String?
    let checksTargets: Bool

    init(_ configuration: Configuration) {
        reportPath = configuration[Self.report]
        serversFolder = configuration[Self.servers]
        checksTargets = configuration[Self.check]
    }

    /// The folder that holds the servers, checked.
    func binaries() throws(BenchError) -> String {
        let own = try FloorProcess.ownPath()
        let folder = serversFolder ?? String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
        for name in ["matchmaker", "coordinator"] where access("\(folder)/\(name)", X_OK) != 0 {
            throw .failure("\(folder)/\(name) is missing or cannot be run; build it first, or say --servers DIR")
        }
        return folder
    }

    /// Finds out before anything is measured whether the report can be written.
    func checkReport() throws(BenchError) {
        guard let reportPath else { return }
        let descriptor = open(reportPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .failure("cannot write \(reportPath): \(systemText(errno))") }
        close(descriptor)
    }

    /// Writes the report, if a file is wanted.
    func writeReport(_ members: (inout JSONWriter) -> Void) throws(BenchError) {
        guard let reportPath else { return }
        var json = JSONWriter()
        json.object(members)
        try TextFile.write(json.finish() + [0x0A], to: reportPath)
    }

    static func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { Console.errorLine(text) }
    }
}
