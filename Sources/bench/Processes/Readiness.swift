import Glibc

/// Asks a server over HTTP how it is.
enum Readiness {
    private static let answerMs: Int32 = 500
    private static let answerBytesMax = 1 << 20

    /// True when `GET /readyz` on 127.0.0.1 is answered with 200.
    static func isReady(port: UInt16) throws(BenchError) -> Bool {
        try get("/readyz", port: port)?.hasPrefix("HTTP/1.1 200") ?? false
    }

    /// False while a matchmaker's `/v1/state` shows an empty list of links: a burst before the first coordinator is there
    /// would measure the wait for it.
    static func hasLink(port: UInt16) throws(BenchError) -> Bool {
        guard let state = try get("/v1/state", port: port) else { return false }
        return !state.filter { !$0.isWhitespace }.contains(#""links":[]"#)
    }

    /// Head and body of an answer; nil when the server does not answer in time.
    private static func get(_ path: String, port: UInt16) throws(BenchError) -> String? {
        let descriptor = try Sockets.connect(port: port)
        defer { close(descriptor) }
        guard wait(descriptor, POLLOUT), Sockets.pendingError(descriptor) == 0 else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Sockets.sendFlags) == request.count else { return nil }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while answer.count < answerBytesMax, wait(descriptor, POLLIN) {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
    }

    private static func wait(_ descriptor: Int32, _ events: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, answerMs) == 1
    }
}
