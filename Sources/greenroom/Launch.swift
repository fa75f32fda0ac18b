import Glibc
import Reactor
import Service

/// One start of both servers, to its end.
struct Launch {
    let host: String
    let port: Int
    let logFormat: LogFormat
    let logLevel: LogLevel

    init(_ configuration: Configuration) throws(ConfigurationError) {
        host = configuration[Main.host]
        port = configuration[Main.port]
        logFormat = configuration[LogOptions.format]
        logLevel = configuration[LogOptions.level]
        guard (try? SocketAddress(parsing: "\(host):\(port)"))?.isWildcard == false else {
            throw configuration.error(Main.host, "\"\(host)\" is no address that a browser can be sent to")
        }
    }

    /// A closed terminal says SIGHUP; without us nobody would stop the servers then.
    private static let stopSignals = [SIGINT, SIGTERM, SIGHUP]
    private static let readyTimeoutMs: UInt64 = 10_000
    private static let stopTimeoutMs: UInt64 = 8_000

    func run() -> Never {
        let signals = SignalWaiter(Launch.stopSignals + [SIGCHLD])
        guard let folder = TemporaryFolder(prefix: "greenroom-") else { fail("cannot make a temporary folder") }
        let link = "unix:\(folder.path)/link.sock"
        let log = ["--log-format", logFormat.rawValue, "--log-level", logLevel.rawValue]
        let matchmaker = ChildServer(
            "matchmaker", ["--listen", "\(host):\(port)", "--link-listen", link] + log)
        let coordinator = ChildServer("coordinator", ["--listen", "\(host):\(port + 1)", "--link", link] + log)
        var children: [ChildServer] = []
        for child in [matchmaker, coordinator] {
            if let problem = child.start() {
                stop(children, signals, folder)
                fail("\(child.name): \(problem)")
            }
            children.append(child)
        }
        var failed = true
        switch waitUntilReady(children, signals) {
        case .ready:
            announce()
            failed = wait(children, signals)
        case .stopped:
            // A server that has not come so far as to handle signals ends by ours, and that is as good.
            stop(children, signals, folder)
            exit(children.allSatisfy { $0.exitCode == 0 || $0.exitCode == 128 + SIGTERM } ? 0 : 1)
        case .serverEnded: break
        case .timeout: report("the servers did not get ready in time")
        }
        let isClean = stop(children, signals, folder)
        exit(!failed && isClean ? 0 : 1)
    }

    /// How the wait for both servers came to its end.
    private enum Start {
        case ready
        /// A signal came first.
        case stopped
        case serverEnded
        case timeout
    }

    private func announce() {
        report(
            "\n  Greenroom is running. Open this page in two tabs:\n\n      http://\(host):\(port)/\n\n"
                + "  State: http://\(host):\(port)/v1/state and http://\(host):\(port + 1)/v1/state. Ctrl-C stops it.\n")
    }

    /// Polls until both answer that they are ready, one has ended, or a signal has come.
    private func waitUntilReady(_ children: [ChildServer], _ signals: SignalWaiter) -> Start {
        let deadlineMs = Clock.bootMs() + Launch.readyTimeoutMs
        while Clock.bootMs() < deadlineMs {
            for child in children { child.reap() }
            guard children.allSatisfy(\.isRunning) else { return .serverEnded }
            if [port, port + 1].allSatisfy({ ReadinessProbe.isReady(host: host, port: $0) }) { return .ready }
            if let signal = signals.wait(timeoutMs: 50), signal != SIGCHLD { return .stopped }
        }
        return .timeout
    }

    /// Waits for a signal, or for a server that ends by itself; true for the latter.
    private func wait(_ children: [ChildServer], _ signals: SignalWaiter) -> Bool {
        while true {
            let signal = signals.wait(timeoutMs: nil)
            for child in children { child.reap() }
            if let dead = children.first(where: { !$0.isRunning }) {
                // Ctrl-C reaches the whole process group, so a server may have ended in order before this is seen.
                if dead.exitCode == 0 { return false }
                report("\(dead.name) has ended by itself; stopping the other")
                return true
            }
            if let signal, Launch.stopSignals.contains(signal) { return false }
        }
    }

    /// Stops what runs, the coordinator first, so that the matchmaker still hears how its sessions end.
    @discardableResult
    private func stop(_ children: [ChildServer], _ signals: SignalWaiter, _ folder: TemporaryFolder) -> Bool {
        for child in children.reversed() {
            child.signal(SIGTERM)
            let deadlineMs = Clock.bootMs() + Launch.stopTimeoutMs
            child.reap()
            while child.isRunning, Clock.bootMs() < deadlineMs {
                _ = signals.wait(timeoutMs: 50)
                child.reap()
            }
            if child.isRunning {
                report("\(child.name) does not stop; killing it")
                child.signal(SIGKILL)
            }
        }
        folder.remove()
        return children.allSatisfy { $0.exitCode == 0 }
    }

    private func report(_ text: String) {
        var line = Array((text + "\n").utf8)
        line.withUnsafeMutableBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private func fail(_ text: String) -> Never {
        report("greenroom: \(text)")
        exit(1)
    }
}
