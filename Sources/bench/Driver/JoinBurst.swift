/// What a matched player was told.
struct Match {
    let session: String
    let player: Int
    let players: Int
    let port: UInt16
    let path: String
    let ticket: String
    /// From `connect` until `matched` had arrived.
    let elapsedNs: UInt64
}

/// Many subjects that connect, upgrade and join at once.
struct JoinBurst {
    /// How long the server may take to close after the last `matched`.
    private static let closeNs: UInt64 = 3_000_000_000

    /// Nil for a subject who was not matched.
    private(set) var matches: [Match?]
    /// From the first `connect` until the last `matched`.
    private(set) var elapsedNs: UInt64 = 0
    /// Why sockets were lost before `matched`, one entry a socket.
    var losses: [String] { reasons.sorted { $0.key < $1.key }.map(\.value) }
    private var reasons: [Int: String] = [:]
    /// Sockets that the server closed with 1000 after `matched`, as it should.
    private(set) var closedCleanly = 0

    var matched: Int { matches.count { $0 != nil } }

    /// Joins `subjects` subjects in `scene`. All connections are started before anything is read; the time to
    /// do that is part of what each subject waits.
    init(port: UInt16, scene: String, subjects: Int, namePrefix: String, withinMs: Int) throws(BenchError) {
        matches = Array(repeating: nil, count: subjects)
        let crowd = try Crowd()
        let startNs = nowNs()
        for _ in 0..<subjects { try crowd.connect(port: port, path: "/v1/join") }
        var open = subjects
        var lastNs = startNs
        var waiting = subjects
        let settled = { open == 0 || (waiting == 0 && nowNs() - lastNs > JoinBurst.closeNs) }
        _ = try crowd.run(withinMs: withinMs, until: settled) { (index, event) throws(BenchError) in
            switch event {
            case .upgraded:
                let subject = "\(namePrefix)\(index)"
                try crowd.clients[index].send(text: #"{"type":"join","scene":"\#(scene)","subject":"\#(subject)"}"#)
            case .text(let bytes):
                guard let message = ControlMessage(bytes) else { throw .failure("the matchmaker sent no JSON object") }
                switch message.type {
                case "waiting": break
                case "matched":
                    guard matches[index] == nil else { throw .failure("a subject was matched twice") }
                    waiting -= 1
                    lastNs = nowNs()
                    matches[index] = try Match(message, elapsedNs: lastNs - crowd.clients[index].startedNs)
                default: lose(index, String(decoding: bytes, as: UTF8.self))
                }
            case .binary: throw .failure("the matchmaker sent a binary message")
            case .closing(let code):
                if matches[index] == nil {
                    lose(index, "closed with \(code) before matched")
                } else if code == 1000 {
                    closedCleanly += 1
                }
            case .ended:
                open -= 1
                if matches[index] == nil { lose(index, "ended before matched") }
            case .lost(let reason):
                open -= 1
                if matches[index] == nil { lose(index, reason) }
            }
        }
        elapsedNs = lastNs - startNs
        crowd.closeAll()
    }

    /// Keeps the first reason of a socket.
    private mutating func lose(_ index: Int, _ reason: String) {
        if reasons[index] == nil { reasons[index] = reason }
    }

    /// Each session must have exactly `players` players, each with a ticket of its own.
    func checkRosters(players: Int) throws(BenchError) {
        var rosters: [String: Set<Int>] = [:]
        var tickets: Set<String> = []
        for case let match? in matches {
            guard match.players == players, (0..<players).contains(match.player),
                rosters[match.session, default: []].insert(match.player).inserted
            else { throw .failure("session \(match.session) has not \(players) players, or player \(match.player) twice") }
            guard tickets.insert(match.ticket).inserted else { throw .failure("two subjects hold the same ticket") }
        }
        for case let match? in matches where rosters[match.session]?.count != match.players {
            throw .failure("session \(match.session) has \(rosters[match.session]?.count ?? 0) of \(match.players) players")
        }
    }
}

extension Match {
    init(_ message: ControlMessage, elapsedNs: UInt64) throws(BenchError) {
        guard let session = message.string("session"), let player = message.integer("player"),
            let players = message.integer("players"), let url = message.string("url"),
            let ticket = message.string("ticket")
        else { throw .failure("a matched message lacks a field") }
        guard let (port, path) = Match.address(url) else { throw .failure("matched names the url '\(url)'") }
        self.init(
            session: session, player: player, players: players, port: port, path: path, ticket: ticket,
            elapsedNs: elapsedNs)
    }

    /// Port and path of an absolute `ws://host:port/path`; the servers under test are on this host.
    private static func address(_ url: String) -> (UInt16, String)? {
        guard url.hasPrefix("ws://") else { return nil }
        let rest = url.dropFirst(5)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let colon = rest[..<slash].lastIndex(of: ":"),
            let port = UInt16(rest[rest.index(after: colon)..<slash])
        else { return nil }
        let path = rest[slash...]
        return (port, path.count > 1 ? String(path) : "/v1/play")
    }
}
