import Glibc

/// A process that this one started and will stop.
final class ChildProcess {
    let name: String
    let processID: pid_t
    let clock: ProcessorClock
    /// The wait status, once the process is gone.
    private var status: Int32?
    /// The writing end of the child's standard input; a floor ends when it closes, so none outlives its parent.
    private let lifeline: Int32

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - listener: becomes the child's descriptor 3.
    ///   - logPath: takes what the child writes to its standard output and error; nil leaves both as they are.
    init(
        name: String, executable: String, arguments: [String], listener: Int32? = nil, logPath: String? = nil
    ) throws(BenchError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .failure("pipe: \(systemText(errno))") }
        defer { Glibc.close(ends[0]) }
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        if let listener { posix_spawn_file_actions_adddup2(&actions, listener, ChildProcess.listenerDescriptor) }
        if let logPath {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        }

        var processID = pid_t()
        let status = ChildProcess.withStrings([executable] + arguments) { argv in
            ChildProcess.withStrings(ChildProcess.environment()) { environment in
                posix_spawn(&processID, executable, &actions, nil, argv, environment)
            }
        }
        guard status == 0 else {
            Glibc.close(ends[1])
            throw .failure("cannot start \(executable): \(systemText(status))")
        }
        self.name = name
        self.processID = processID
        lifeline = ends[1]
        do {
            clock = try ProcessorClock(processID: processID)
        } catch {
            kill(processID, SIGKILL)
            waitpid(processID, nil, 0)
            Glibc.close(ends[1])
            throw error
        }
    }

    deinit {
        if !hasEnded {
            kill(processID, SIGKILL)
            waitpid(processID, nil, 0)
        }
        Glibc.close(lifeline)
    }

    /// Where a role finds the listener that it was handed.
    static let listenerDescriptor: Int32 = 3

    var hasEnded: Bool {
        if status != nil { return true }
        var value: Int32 = 0
        guard waitpid(processID, &value, WNOHANG) == processID else { return false }
        status = value
        return true
    }

    /// How long the process's main thread was ready to run and had no core, in nanoseconds; 0 when the kernel does not say.
    var waitedNs: UInt64 {
        let fields = (TextFile.read("/proc/\(processID)/schedstat") ?? "").split(separator: " ")
        return fields.count > 1 ? UInt64(fields[1]) ?? 0 : 0
    }

    /// Asks the process to end by SIGTERM and expects exit status 0 within the deadline; kills it otherwise.
    func stop(withinMs: Int) throws(BenchError) {
        if hasEnded { throw .failure("\(name) ended by itself: \(ending)") }
        kill(processID, SIGTERM)
        let deadlineNs = nowNs() + UInt64(withinMs) * 1_000_000
        while !hasEnded {
            guard nowNs() < deadlineNs else {
                kill(processID, SIGKILL)
                waitpid(processID, nil, 0)
                status = SIGKILL
                throw .failure("\(name) did not end within \(withinMs) ms of SIGTERM")
            }
            pause(ms: 2)
        }
        guard status == 0 else { throw .failure("\(name) was asked to stop and \(ending)") }
    }

    /// How the process ended, for a message.
    var ending: String {
        guard let status else { return "still runs" }
        let signal = status & 0x7F
        return signal == 0 ? "exited with \(status >> 8 & 0xFF)" : "was ended by signal \(signal)"
    }

    /// This process's environment without the servers' settings: a measurement starts from their defaults.
    private static func environment() -> [String] {
        var result: [String] = []
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if !text.hasPrefix("GREENROOM_") { result.append(text) }
            entry += 1
        }
        return result
    }

    private static func withStrings(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        return pointers.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map(body) ?? EINVAL
        }
    }
}
