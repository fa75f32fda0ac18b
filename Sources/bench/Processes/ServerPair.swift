import Glibc

/// One matchmaker and one coordinator with their default scenes, joined by a Unix socket.
final class ServerPair {
    private static let readyMs = 10_000
    private static let stopMs = 15_000

    let matchmaker: ChildProcess
    let coordinator: ChildProcess
    let matchmakerPort: UInt16
    private let folder: TemporaryFolder

    /// Starts both from `binaries` and waits until both are ready.
    init(binaries: String) throws(BenchError) {
        let folder = try TemporaryFolder()
        self.folder = folder
        let ports = try Sockets.freePorts()
        let link = "unix:\(folder.file("link.sock"))"
        func start(_ name: String, _ port: UInt16, _ linkOption: String, _ more: [String] = []) throws(BenchError) -> ChildProcess {
            try ChildProcess(
                name: name, executable: "\(binaries)/\(name)",
                arguments: ["--listen", "127.0.0.1:\(port)", linkOption, link, "--log-level", "warning"] + more,
                logPath: folder.file("\(name).log"))
        }
        matchmakerPort = ports.0
        matchmaker = try start("matchmaker", ports.0, "--link-listen")
        // Nobody is to be told that it sends too much.
        let unlimited = ["--relay-messages", "10000000", "--relay-bytes", "1000000000"]
        coordinator = try start("coordinator", ports.1, "--link", unlimited)
        let deadlineNs = nowNs() + UInt64(ServerPair.readyMs) * 1_000_000
        do {
            for (child, port) in [(matchmaker, ports.0), (coordinator, ports.1)] {
                try ServerPair.wait(child, "ready", deadlineNs) { () throws(BenchError) in try Readiness.isReady(port: port) }
            }
            try ServerPair.wait(matchmaker, "linked to the coordinator", deadlineNs) { () throws(BenchError) in
                try Readiness.hasLink(port: ports.0)
            }
        } catch {
            throw explained(error)
        }
    }

    /// Stops both by SIGTERM; both must exit with 0.
    func stop() throws(BenchError) {
        do {
            try coordinator.stop(withinMs: ServerPair.stopMs)
            try matchmaker.stop(withinMs: ServerPair.stopMs)
        } catch {
            throw explained(error)
        }
    }

    /// The error with the last lines that each server logged.
    func explained(_ error: BenchError) -> BenchError {
        guard error.kind == .failure else { return error }
        var message = error.message
        for child in [matchmaker, coordinator] {
            if child.hasEnded { message += "\n\(child.name) \(child.ending)" }
            let lines = (TextFile.read(folder.file("\(child.name).log")) ?? "").split(separator: "\n")
            for line in lines.suffix(5) { message += "\n\(child.name): \(line)" }
        }
        return .failure(message)
    }

    private static func wait(
        _ child: ChildProcess, _ state: String, _ deadlineNs: UInt64, until reached: () throws(BenchError) -> Bool
    ) throws(BenchError) {
        while true {
            try Interrupt.check()
            if child.hasEnded { throw .failure("\(child.name) did not start: it \(child.ending)") }
            if try reached() { return }
            guard nowNs() < deadlineNs else { throw .failure("\(child.name) was not \(state) within \(readyMs) ms") }
            pause(ms: 10)
        }
    }
}
