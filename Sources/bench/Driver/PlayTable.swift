/// Two or more players a session, entered at a coordinator and ready to play, and the end of their games.
struct PlayTable {
    /// Client indices in `crowd`, a session a row, in the order of the players.
    let sessions: [[Int]]
    let crowd: Crowd

    /// Enters every match and waits until all were told to play.
    init(entering burst: JoinBurst, withinMs: Int) throws(BenchError) {
        let crowd = try Crowd()
        let matches = burst.matches.compactMap { $0 }
        for match in matches { try crowd.connect(port: match.port, path: match.path) }
        var playing = 0
        let allPlay = { playing == matches.count }
        let done = try crowd.run(withinMs: withinMs, until: allPlay) { (index, event) throws(BenchError) in
            switch event {
            case .upgraded:
                let match = matches[index]
                let enter = #"{"type":"enter","session":"\#(match.session)","ticket":"\#(match.ticket)"}"#
                try crowd.clients[index].send(text: enter)
            case .text(let bytes):
                switch ControlMessage(bytes)?.type ?? "" {
                case "entered": break
                case "play": playing += 1
                case "clock": break
                default: throw .failure("the coordinator said \(String(decoding: bytes, as: UTF8.self)) before play")
                }
            case .binary: throw .failure("a binary message came before play")
            case .closing(let code): throw .failure("the coordinator closed with \(code) before play")
            case .ended: throw .failure("the coordinator hung up before play")
            case .lost(let reason): throw .failure("a player's socket was lost before play: \(reason)")
            }
        }
        guard done else { throw .failure("\(playing) of \(matches.count) players were told to play within \(withinMs) ms") }
        var rows: [String: [Int]] = [:]
        for index in matches.indices { rows[matches[index].session, default: []].append(index) }
        sessions = rows.values.map { row in row.sorted { matches[$0].player < matches[$1].player } }
        self.crowd = crowd
    }

    /// Connects groups of `players` to the floor, one after the other, so that its fixed pairing is known.
    init(floorPort: UInt16, sessions count: Int, players: Int, withinMs: Int) throws(BenchError) {
        let crowd = try Crowd()
        for index in 0..<count * players {
            try crowd.connect(port: floorPort, path: "/")
            var upgraded = false
            let done = try crowd.run(withinMs: withinMs, until: { upgraded }) { (_, event) throws(BenchError) in
                switch event {
                case .upgraded: upgraded = true
                default: throw .failure("the floor answered connection \(index) with \(event)")
                }
            }
            guard done else { throw .failure("the floor did not answer connection \(index) within \(withinMs) ms") }
        }
        sessions = (0..<count).map { row in Array(row * players..<(row + 1) * players) }
        self.crowd = crowd
    }

    /// Every player finishes and must hear that the session was completed.
    func finish(withinMs: Int) throws(BenchError) {
        for client in crowd.clients { try client.send(text: #"{"type":"finish"}"#) }
        var completed = 0
        let allCompleted = { completed == crowd.clients.count }
        let done = try crowd.run(withinMs: withinMs, until: allCompleted) { (_, event) throws(BenchError) in
            switch event {
            case .text(let bytes):
                guard let message = ControlMessage(bytes), message.type == "ended", message.string("reason") == "completed"
                else {
                    throw .failure("the coordinator said \(String(decoding: bytes, as: UTF8.self)) after finish")
                }
                completed += 1
            case .upgraded, .binary, .closing, .ended: break
            case .lost(let reason): throw .failure("a player's socket was lost before ended: \(reason)")
            }
        }
        guard done else {
            throw .failure("\(completed) of \(crowd.clients.count) players heard ended within \(withinMs) ms")
        }
        crowd.closeAll()
    }
}
