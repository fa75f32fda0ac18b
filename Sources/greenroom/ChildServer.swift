import Glibc
import Reactor

/// One of the servers as a child process, found beside this executable.
final class ChildServer {
    let name: String
    let port: Int
    /// Drawn for this start, so that another server on the same port is not taken for this one.
    let node: String
    private let arguments: [String]
    private var pid: pid_t = 0
    private(set) var exitCode: Int32?

    init(_ name: String, port: Int, _ arguments: [String]) {
        self.name = name
        self.port = port
        node = "\(name)-\(String(Randomness.word(), radix: 16))"
        self.arguments = arguments + ["--node-id", node]
    }

    var isRunning: Bool { pid > 0 && exitCode == nil }

    /// Starts it; says what is wrong when it cannot be started.
    func start() -> String? {
        guard let folder = ChildServer.executableFolder else { return "cannot tell where this executable is" }
        let path = "\(folder)/\(name)"
        guard access(path, X_OK) == 0 else { return "\(path) is missing" }
        var words = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        // A process group of its own: Ctrl-C is this process's to hear, and to pass on in order. And no signal blocked.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawn(&pid, path, nil, &attributes, words, environ)
        return code == 0 ? nil : ReactorError.text(of: code)
    }

    func signal(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    /// Takes note of its end, if it has ended.
    func reap() {
        guard isRunning else { return }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return }
        let signal = status & 0x7F
        exitCode = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    private static var executableFolder: String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, let slash = buffer[..<count].lastIndex(of: 0x2F) else { return nil }
        return String(decoding: buffer[..<slash], as: UTF8.self)
    }
}
