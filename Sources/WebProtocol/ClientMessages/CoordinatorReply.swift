/// What the coordinator says to a client, in text messages (design: "The client protocol").
public enum CoordinatorReply: Equatable, Sendable {
    public struct Player: Equatable, Sendable {
        public var player: Int
        public var connected: Bool
        /// The session goes on without it; whoever is connected is a bot in its seat.
        public var lost: Bool

        public init(player: Int, connected: Bool, lost: Bool = false) {
            self.player = player
            self.connected = connected
            self.lost = lost
        }
    }

    /// An instant that is the same for all: in how long or how long ago, when that is by the client's own clock, and for how long
    /// of the time since then play has stood still.
    public struct Instant: Equatable, Sendable {
        public var startsInMs: UInt64
        /// Left out when 0.
        public var startedAgoMs: UInt64
        public var startAtMs: Int64?
        /// Left out when 0.
        public var pausedMs: UInt64

        public init(startsInMs: UInt64, startedAgoMs: UInt64 = 0, startAtMs: Int64?, pausedMs: UInt64 = 0) {
            self.startsInMs = startsInMs
            self.startedAgoMs = startedAgoMs
            self.startAtMs = startAtMs
            self.pausedMs = pausedMs
        }

        func encode(into json: inout JSONWriter) {
            json.member("startsInMs", startsInMs)
            if startedAgoMs > 0 { json.member("startedAgoMs", startedAgoMs) }
            if let startAtMs { json.member("startAtMs", startAtMs) }
            if pausedMs > 0 { json.member("pausedMs", pausedMs) }
        }
    }

    /// How a game in lockstep ticks.
    public struct Ticks: Equatable, Sendable {
        public var intervalMs: Int
        public var inputBytesMax: Int
        /// The number of the next bundle.
        public var next: UInt32

        public init(intervalMs: Int, inputBytesMax: Int, next: UInt32) {
            self.intervalMs = intervalMs
            self.inputBytesMax = inputBytesMax
            self.next = next
        }
    }

    public enum Transport: String, Sendable {
        case peer
        case relay
    }

    /// Who takes the seat of a player that was lost.
    public enum LostSeat: String, Sendable {
        case empty
        case bot
    }

    public struct Validate: Equatable, Sendable {
        public var peers: [Int]
        public var offerTo: [Int]
        /// Left out when empty.
        public var validated: [Int]
        /// A JSON array.
        public var iceServers: [UInt8]
        public var attempt: UInt32
        public var attemptMs: Int
        public var deadlineMs: Int

        public init(
            peers: [Int], offerTo: [Int], validated: [Int] = [], iceServers: [UInt8], attempt: UInt32, attemptMs: Int,
            deadlineMs: Int
        ) {
            self.peers = peers
            self.offerTo = offerTo
            self.validated = validated
            self.iceServers = iceServers
            self.attempt = attempt
            self.attemptMs = attemptMs
            self.deadlineMs = deadlineMs
        }
    }

    /// - `missed`: ordered messages that the client has not seen and that are no longer kept; left out when 0.
    /// - `missedTicks`: the same for bundles of ticks.
    case entered(
        session: String, player: Int, players: [Player], state: String, missed: UInt64 = 0, missedTicks: UInt32 = 0,
        role: String? = nil, treatment: String? = nil)
    case validate(Validate)
    /// - `iceServers`: a JSON array.
    case retry(peer: Int, attempt: UInt32, offer: Bool, iceServers: [UInt8], deadlineMs: Int)
    /// - `data`: the sender's JSON, byte for byte.
    case signal(from: Int, data: [UInt8], attempt: UInt32? = nil)
    /// - `seed`: 32 bits, which a JavaScript number holds exactly.
    case play(transport: Transport, seed: UInt32, start: Instant, ticks: Ticks? = nil)
    case clock(sample: UInt32, serverMs: UInt64)
    case start(Instant)
    case transport(Transport)
    /// - `missing`: left out when empty.
    case go(barrier: String, Instant? = nil, missing: [Int] = [])
    case episode(episode: Int, of: Int, Instant, deadlineMs: Int)
    case reset(episode: Int, deadlineMs: Int)
    case done
    case peerDisconnected(player: Int, graceMs: Int)
    case peerReconnected(player: Int)
    case paused(player: Int)
    case resumed(Instant)
    case playerLost(player: Int, reason: String, seat: LostSeat)
    case playerSeated(player: Int)
    /// It will be excluded in so long; `over` when that is no longer so.
    case warning(about: String, inMs: Int)
    case warningOver(about: String)
    case ended(session: String, reason: String, requeued: Bool, resume: String?, completionCode: String?)
    case error(code: ErrorCode, message: String)

    /// Appends the message's JSON.
    public func encode(into bytes: inout [UInt8]) {
        JSONWriter.append(to: &bytes) { json in
            json.object { encodeMembers(&$0) }
        }
    }

    private func encodeMembers(_ json: inout JSONWriter) {
        switch self {
        case .entered(let session, let player, let players, let state, let missed, let missedTicks, let role, let treatment):
            json.member("type", "entered")
            json.member("session", session)
            json.member("player", player)
            json.key("players")
            json.array { json in
                for entry in players {
                    json.object { json in
                        json.member("player", entry.player)
                        json.member("connected", entry.connected)
                        if entry.lost { json.member("lost", true) }
                    }
                }
            }
            json.member("state", state)
            if missed > 0 { json.member("missed", missed) }
            if missedTicks > 0 { json.member("missedTicks", missedTicks) }
            json.member("role", ifPresent: role)
            json.member("treatment", ifPresent: treatment)
        case .validate(let validate):
            json.member("type", "validate")
            json.key("peers")
            json.array { json in for peer in validate.peers { json.value(peer) } }
            json.key("offerTo")
            json.array { json in for peer in validate.offerTo { json.value(peer) } }
            if !validate.validated.isEmpty {
                json.key("validated")
                json.array { json in for peer in validate.validated { json.value(peer) } }
            }
            json.key("iceServers")
            json.raw(validate.iceServers)
            json.member("attempt", validate.attempt)
            json.member("attemptMs", validate.attemptMs)
            json.member("deadlineMs", validate.deadlineMs)
        case .retry(let peer, let attempt, let offer, let iceServers, let deadlineMs):
            json.member("type", "retry")
            json.member("peer", peer)
            json.member("attempt", attempt)
            json.member("offer", offer)
            json.key("iceServers")
            json.raw(iceServers)
            json.member("deadlineMs", deadlineMs)
        case .signal(let from, let data, let attempt):
            json.member("type", "signal")
            json.member("from", from)
            json.key("data")
            json.raw(data)
            if let attempt { json.member("attempt", attempt) }
        case .transport(let transport):
            json.member("type", "transport")
            json.member("transport", transport.rawValue)
        case .play(let transport, let seed, let start, let ticks):
            json.member("type", "play")
            json.member("transport", transport.rawValue)
            json.member("seed", seed)
            start.encode(into: &json)
            if let ticks {
                json.key("ticks")
                json.object { json in
                    json.member("intervalMs", ticks.intervalMs)
                    json.member("inputBytesMax", ticks.inputBytesMax)
                    json.member("next", ticks.next)
                }
            }
        case .clock(let sample, let serverMs):
            json.member("type", "clock")
            json.member("sample", sample)
            json.member("serverMs", serverMs)
        case .start(let start):
            json.member("type", "start")
            start.encode(into: &json)
        case .go(let barrier, let instant, let missing):
            json.member("type", "go")
            json.member("barrier", barrier)
            if let instant { instant.encode(into: &json) }
            if !missing.isEmpty {
                json.key("missing")
                json.array { json in for player in missing { json.value(player) } }
            }
        case .episode(let episode, let count, let instant, let deadlineMs):
            json.member("type", "episode")
            json.member("episode", episode)
            json.member("of", count)
            instant.encode(into: &json)
            json.member("deadlineMs", deadlineMs)
        case .reset(let episode, let deadlineMs):
            json.member("type", "reset")
            json.member("episode", episode)
            json.member("deadlineMs", deadlineMs)
        case .done: json.member("type", "done")
        case .peerDisconnected(let player, let graceMs):
            json.member("type", "peerDisconnected")
            json.member("player", player)
            json.member("graceMs", graceMs)
        case .peerReconnected(let player):
            json.member("type", "peerReconnected")
            json.member("player", player)
        case .paused(let player):
            json.member("type", "paused")
            json.member("player", player)
        case .resumed(let instant):
            json.member("type", "resumed")
            instant.encode(into: &json)
        case .playerLost(let player, let reason, let seat):
            json.member("type", "playerLost")
            json.member("player", player)
            json.member("reason", reason)
            json.member("seat", seat.rawValue)
        case .playerSeated(let player):
            json.member("type", "playerSeated")
            json.member("player", player)
        case .warning(let about, let inMs):
            json.member("type", "warning")
            json.member("about", about)
            json.member("inMs", inMs)
        case .warningOver(let about):
            json.member("type", "warning")
            json.member("about", about)
            json.member("over", true)
        case .ended(let session, let reason, let requeued, let resume, let completionCode):
            json.member("type", "ended")
            json.member("session", session)
            json.member("reason", reason)
            json.member("requeued", requeued)
            json.member("resume", ifPresent: resume)
            json.member("completionCode", ifPresent: completionCode)
        case .error(let code, let message):
            json.error(code, message)
        }
    }
}
