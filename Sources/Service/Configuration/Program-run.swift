import Glibc

extension Program {
    /// Reads the process's own command line and environment. Prints and leaves the process when that is asked for (0)
    /// or when something is wrong (2, after one line on stderr).
    ///
    /// - Parameter check: turns the values into what the program needs; its errors end the process the same way.
    public func run<Settings>(
        _ check: (Configuration) throws(ConfigurationError) -> Settings
    ) -> Settings {
        Self.openStandardDescriptors()
        Self.ignoreFatalWrites()
        if reloads { Self.holdReloads() }
        switch parseProcess(Self.readFile) {
        case .success(.print(let text)):
            Self.write(text, to: STDOUT_FILENO)
            exit(0)
        case .success(.run(let configuration)):
            do {
                return try check(Self.withFileWarnings(configuration))
            } catch {
                fail(error)
            }
        case .failure(let error):
            fail(error)
        }
    }

    /// The values that a start would have now: the same command line and environment, and the file as it is.
    func readAgain() throws(ConfigurationError) -> Configuration {
        // A loop cannot wait for what stands behind a pipe.
        let result = parseProcess { path throws(FileProblem) in try Self.read(path, O_NONBLOCK) }
        switch try result.get() {
        case .run(let configuration): return Self.withFileWarnings(configuration)
        case .print: preconditionFailure("a process that runs was not asked to print")
        }
    }

    private static func withFileWarnings(_ configuration: Configuration) -> Configuration {
        var result = configuration
        result.warnings += configuration.secretFiles.compactMap(SecretFile.warning)
        return result
    }

    private func parseProcess(_ readFile: FileReader) -> Result<Invocation, ConfigurationError> {
        parse(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: Self.processEnvironment(),
            readFile: readFile)
    }

    /// Ends the process with one line on stderr and code 2.
    public func fail(_ error: ConfigurationError) -> Never {
        Self.write("\(name): \(error)\n", to: STDERR_FILENO)
        exit(2)
    }

    /// A process started without stdin, stdout or stderr would give their numbers to its first sockets, and the log would
    /// be written into one of them.
    private static func openStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }

    /// A SIGHUP that comes before the loop runs waits for it, and does not end the process.
    private static func holdReloads() {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        _ = unsafe sigaddset(&set, SIGHUP)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// A reader that has gone, or a file that may not grow, is an error of that one write and not the process's end.
    static func ignoreFatalWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// The `GREENROOM_…` variables of the process.
    static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let variable = unsafe String(cString: text)
            unsafe entry += 1
            guard variable.hasPrefix("GREENROOM_"), let equals = variable.firstIndex(of: "=") else { continue }
            result[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        return result
    }

    /// Reads a file to its end, or to one byte more than any configuration file may have.
    public static func readFile(_ path: String) throws(FileProblem) -> [UInt8] { try read(path, 0) }

    private static func read(_ path: String, _ flags: Int32) throws(FileProblem) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags)
        guard descriptor >= 0 else { throw lastProblem() }
        defer { close(descriptor) }
        let bytesMax = ConfigurationLimits().fileBytesMax + 1
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while result.count < bytesMax {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw lastProblem()
            }
            if count == 0 { break }
            result.append(contentsOf: chunk[..<count])
        }
        return result
    }

    private static func lastProblem() -> FileProblem {
        guard let text = unsafe strerror(errno) else { return FileProblem(reason: "error \(errno)") }
        return FileProblem(reason: unsafe String(cString: text))
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
