import Glibc
import Reactor
import Service

/// One start of both servers, to its end.
struct Launch {
    let host: String
    let port: Int
    let logFormat: LogFormat
    let logLevel: LogLevel
    let config: String?
    private let terminal = Terminal()

    init(_ configuration: Configuration) throws(ConfigurationError) {
        host = configuration[Main.host]
        port = configuration[Main.port]
        logFormat = configuration[LogOptions.format]
        logLevel = configuration[LogOptions.level]
        config = configuration[Main.config]
        guard (try? SocketAddress(parsing: "\(host):\(port)"))?.isWildcard == false else {
            throw configuration.error(Main.host, "\"\(host)\" is no address that a browser can be sent to")
        }
    }

    private static let readyTimeoutMs: UInt64 = 10_000
    private static let stopTimeoutMs: UInt64 = 8_000

    func run() -> Never {
        let signals = SignalWaiter([SIGINT, SIGTERM, SIGHUP, SIGCHLD])
        // For the matchmaker alone: a coordinator has no such file.
        unsetenv(Main.config.declaration.environmentName)
        guard let folder = TemporaryFolder(prefix: "greenroom-") else { fail("cannot make a temporary folder") }
        let socket = "\(folder.path)/link.sock", link = "unix:\(socket)"
        let common = ["--log-format", logFormat.rawValue, "--log-level", logLevel.rawValue, "--parent", "\(getpid())"]
        let matchmaker = ChildServer(
            "matchmaker", port: port, ["--listen", "\(host):\(port)", "--link-listen", link] + (config.map { ["--config", $0] } ?? []) + common)
        let coordinator = ChildServer(
            "coordinator", port: port + 1, ["--listen", "\(host):\(port + 1)", "--link", link] + common)
        var children: [ChildServer] = []
        var early: End?
        for child in [matchmaker, coordinator] where early == nil {
            if let problem = child.start() {
                stop(children, signals, folder)
                fail("\(child.name): \(problem)")
            }
            children.append(child)
            if child === matchmaker { early = waitForLink(at: socket, children, signals) }
        }
        let end = early ?? waitUntilReady(children, signals) ?? wait(children, signals)
        switch end {
        case .signal: break
        case .notReady: report("greenroom: the servers did not get ready in time")
        case .ended(let name): report("greenroom: \(name) has ended by itself")
        }
        let isClean = stop(children, signals, folder)
        exit(end == .signal && isClean ? 0 : 1)
    }

    /// Why a launch comes to its end.
    private enum End: Equatable {
        case signal
        case notReady
        case ended(String)
    }

    private func announce() {
        report(
            "\n  Greenroom is running. Open this page in two tabs:\n\n      http://\(host):\(port)/\n\n"
                + "  What the operator sees: http://\(host):\(port)/dashboard\n"
                + "  State: http://\(host):\(port)/v1/state and http://\(host):\(port + 1)/v1/state. Ctrl-C stops it.\n")
    }

    /// Polls until the matchmaker waits for coordinators, so that the first words of the other are no complaint; gives the reason
    /// when it does not come to that.
    private func waitForLink(at path: String, _ children: [ChildServer], _ signals: SignalWaiter) -> End? {
        let deadlineMs = Clock.bootMs() + Launch.readyTimeoutMs
        while Clock.bootMs() < deadlineMs {
            if let end = ended(children) { return end }
            if access(path, F_OK) == 0 { return nil }
            if isStop(signals.wait(timeoutMs: 5), children) { return .signal }
        }
        return .notReady
    }

    /// Polls until both answer that they are ready, and announces it; gives the reason when it does not come to that.
    private func waitUntilReady(_ children: [ChildServer], _ signals: SignalWaiter) -> End? {
        let deadlineMs = Clock.bootMs() + Launch.readyTimeoutMs
        while Clock.bootMs() < deadlineMs {
            if let end = ended(children) { return end }
            if children.allSatisfy({ ReadinessProbe.isReady(host: host, port: $0.port, node: $0.node) }) {
                announce()
                return nil
            }
            if isStop(signals.wait(timeoutMs: 50), children) { return .signal }
        }
        return .notReady
    }

    /// Waits for a signal, or for a server that ends by itself.
    private func wait(_ children: [ChildServer], _ signals: SignalWaiter) -> End {
        while true {
            if let end = ended(children) { return end }
            if isStop(signals.wait(timeoutMs: nil), children) { return .signal }
        }
    }

    /// Whether a signal asks for the end. SIGHUP asks to read the scenes again, and is passed on; a terminal that closes says
    /// it too, and then nobody else would stop the servers.
    private func isStop(_ signal: Int32?, _ children: [ChildServer]) -> Bool {
        switch signal {
        case nil, SIGCHLD: return false
        case SIGHUP where !terminal.isGone:
            for child in children { child.signal(SIGHUP) }
            return false
        default: return true
        }
    }

    private func ended(_ children: [ChildServer]) -> End? {
        for child in children { child.reap() }
        return children.first { !$0.isRunning }.map { .ended($0.name) }
    }

    /// Stops what runs, the coordinator first, so that the matchmaker still hears how its sessions end. A second signal
    /// stops both at once.
    @discardableResult
    private func stop(_ children: [ChildServer], _ signals: SignalWaiter, _ folder: TemporaryFolder) -> Bool {
        for child in children.reversed() {
            child.signal(SIGTERM)
            let deadlineMs = Clock.bootMs() + Launch.stopTimeoutMs
            child.reap()
            while child.isRunning, Clock.bootMs() < deadlineMs {
                if isStop(signals.wait(timeoutMs: 50), []) {
                    for child in children { child.signal(SIGKILL) }
                }
                child.reap()
            }
            if child.isRunning {
                report("greenroom: \(child.name) does not stop; killing it")
                child.signal(SIGKILL)
            }
        }
        folder.remove()
        // One that had only just been started may have been ended by the signal itself.
        return children.allSatisfy { $0.exitCode == 0 || $0.exitCode == 128 + SIGTERM }
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
