import Glibc

/// Asks a server over HTTP whether it is ready.
enum Readiness {
    private static let answerMs: Int32 = 500

    /// True when `GET /readyz` on 127.0.0.1 is answered with 200.
    static func isReady(port: UInt16) throws(BenchError) -> Bool {
        let descriptor = try Sockets.connect(port: port)
        defer { close(descriptor) }
        guard wait(descriptor, POLLOUT), Sockets.pendingError(descriptor) == 0 else { return false }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Sockets.sendFlags) == request.count else { return false }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 512)
        let wanted = Array("HTTP/1.1 200".utf8)
        while answer.count < wanted.count {
            guard wait(descriptor, POLLIN) else { return false }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return false }
            answer += chunk[..<count]
        }
        return answer.starts(with: wanted)
    }

    private static func wait(_ descriptor: Int32, _ events: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, answerMs) == 1
    }
}
