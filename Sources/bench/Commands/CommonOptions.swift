import Glibc

/// Options that every command has.
enum CommonOptions {
    static let all: [Option] = [.value("--rounds"), .value("--json"), .value("--servers"), .flag("--check")]

    static let help = """
          --rounds N       repetitions, floor and server in turn; the median counts
          --json FILE      also write all raw figures and the machine's facts there
          --servers DIR    folder of matchmaker and coordinator (default: beside bench)
          --check          exit 1 when a target is missed
        """

    /// The folder that holds the servers, checked.
    static func binaries(_ options: Options) throws(BenchError) -> String {
        var folder = options.text("--servers") ?? ""
        if folder.isEmpty {
            let own = try FloorProcess.ownPath()
            folder = String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
        }
        for name in ["matchmaker", "coordinator"] where access("\(folder)/\(name)", X_OK) != 0 {
            throw .failure("\(folder)/\(name) is missing or cannot be run; build it first, or say --servers DIR")
        }
        return folder
    }

    /// Finds out before anything is measured whether the report can be written.
    static func checkReport(_ options: Options) throws(BenchError) {
        guard let path = options.text("--json") else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .failure("cannot write \(path): \(systemText(errno))") }
        close(descriptor)
    }

    /// Writes the report, if a file is wanted.
    static func write(_ report: JSONText, _ options: Options) throws(BenchError) {
        guard let path = options.text("--json") else { return }
        try TextFile.write(report.rendered() + "\n", to: path)
    }

    static func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { Console.errorLine(text) }
    }
}
