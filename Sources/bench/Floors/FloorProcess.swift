import CLinux
import Glibc

/// A floor as a process of its own, so that its CPU time is counted as a server's is.
struct FloorProcess {
    let child: ChildProcess
    let port: UInt16

    private static let backlog: Int32 = 4096
    static let stopMs = 5_000

    /// Starts this executable in `role`, with a listener that already takes connections.
    static func start(_ role: String, _ arguments: [String] = []) throws(BenchError) -> FloorProcess {
        let (listener, port) = try Sockets.listen(backlog: backlog)
        defer { close(listener) }
        // What is accepted inherits these, so that a floor does not spend calls on it.
        Sockets.set(listener, SOL_SOCKET, SO_SNDBUF, Sockets.bufferBytes)
        let child = try ChildProcess(
            name: role, executable: try ownPath(), arguments: [role] + arguments, listener: listener)
        return FloorProcess(child: child, port: port)
    }

    /// The path of this executable.
    static func ownPath() throws(BenchError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw .failure("cannot read /proc/self/exe: \(systemText(errno))") }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The constant answer to the one upgrade request that the driver sends.
    static let upgradeAnswer = Array(
        """
        HTTP/1.1 101 Switching Protocols\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Accept: \(WebSocketClient.accept)\r
        \r

        """.utf8)

    /// Ends the process cleanly on SIGTERM and when the parent, which holds the other end of standard input, is gone.
    static func exitWhenAsked() {
        signal(SIGTERM) { _ in _exit(0) }
        signal(SIGINT, SIG_IGN)
    }
}
