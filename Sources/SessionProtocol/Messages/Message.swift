/// Everything that is said on the link, and that a journal keeps.
///
/// The large ones are held indirectly: a message is handed on several times between the link and a core, and moving the
/// greatest of them costs more than one allocation, for the smallest too.
public enum Message: Hashable, Sendable {
    // Handshake, in this order; `reject` may take the place of any.
    /// coordinator → matchmaker
    indirect case hello(Hello)
    /// matchmaker → coordinator
    indirect case challenge(Challenge)
    /// coordinator → matchmaker
    case proof(Proof)
    /// matchmaker → coordinator
    case welcome(Welcome)
    /// either way: the link is closed behind it
    case reject(Reject)

    // A session's life.
    /// matchmaker → coordinator
    indirect case assign(Assignment)
    /// coordinator → matchmaker: this session is mine now
    case accepted(SessionID, Attempt)
    /// coordinator → matchmaker
    case refused(SessionID, Attempt, RefusalReason)
    /// coordinator → matchmaker: the session is validating or playing now
    case state(SessionID, Attempt, SessionState)
    /// coordinator → matchmaker, repeated until acknowledged
    indirect case ended(Outcome)
    /// matchmaker → coordinator: the outcome is durable
    case endedAck(SessionID, Attempt)
    /// matchmaker → coordinator: please end it so
    case cancel(SessionID, Attempt, EndReason, blamed: [PlayerIndex])
    /// matchmaker → coordinator: forget what you should not hold
    case drop(SessionID, Attempt)

    // The lease.
    /// coordinator → matchmaker
    case ping(Ping)
    /// matchmaker → coordinator: echoes when the ping was sent
    case pong(sentAtMs: UInt64)
    /// coordinator → matchmaker: no new sessions from now on
    case drain

    // Inventory, after every handshake: each live session, each outcome not yet acknowledged (`ended`), then the end.
    /// coordinator → matchmaker
    indirect case holding(SessionState, Assignment)
    /// coordinator → matchmaker
    case inventoryEnd

    // Only in journals.
    /// Which matched session went to which coordinator.
    indirect case journalMatched(NodeID, Assignment)
}

/// The number of a message on the wire. Stable.
public enum MessageKind: UInt8, CaseIterable, Sendable {
    case hello = 1
    case challenge = 2
    case proof = 3
    case welcome = 4
    case reject = 5
    case assign = 16
    case accepted = 17
    case refused = 18
    case state = 19
    case ended = 20
    case endedAck = 21
    case cancel = 22
    case drop = 23
    case ping = 32
    case pong = 33
    case drain = 34
    case holding = 48
    case inventoryEnd = 49
    case journalMatched = 64
}

extension Message {
    public var kind: MessageKind {
        switch self {
        case .hello: .hello
        case .challenge: .challenge
        case .proof: .proof
        case .welcome: .welcome
        case .reject: .reject
        case .assign: .assign
        case .accepted: .accepted
        case .refused: .refused
        case .state: .state
        case .ended: .ended
        case .endedAck: .endedAck
        case .cancel: .cancel
        case .drop: .drop
        case .ping: .ping
        case .pong: .pong
        case .drain: .drain
        case .holding: .holding
        case .inventoryEnd: .inventoryEnd
        case .journalMatched: .journalMatched
        }
    }
}

extension MessageKind {
    /// Whether its body may end in extensions: those that carry an assignment or an outcome.
    var mayBeExtended: Bool {
        switch self {
        case .assign, .ended, .holding, .journalMatched: true
        case .hello, .challenge, .proof, .welcome, .reject, .accepted, .refused, .state, .endedAck, .cancel, .drop, .ping,
            .pong, .drain, .inventoryEnd:
            false
        }
    }
}

/// Why a coordinator does not take a session. Codes are stable.
public enum RefusalReason: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    case full = 1
    case draining = 2
    /// It holds this session, or one of these subjects, under another attempt.
    case busy = 3
    /// The settings cannot be carried here, such as validation of too large a group, or an extension that is not known.
    case unsupported = 4

    public var description: String {
        switch self {
        case .full: "full"
        case .draining: "draining"
        case .busy: "busy"
        case .unsupported: "unsupported"
        }
    }
}

/// The role of a process on the link. Codes are stable.
public enum NodeRole: UInt8, CaseIterable, Sendable {
    case matchmaker = 1
    case coordinator = 2
}

/// How a coordinator introduces itself.
public struct Hello: Hashable, Sendable {
    /// The lowest and highest protocol version that it speaks.
    public var versionMin: UInt8
    public var versionMax: UInt8
    public var node: NodeID
    public var incarnation: Incarnation
    /// 32 random bytes.
    public var nonce: [UInt8]
    /// How many sessions it carries at once, at most.
    public var capacity: UInt32
    /// Where players reach it: an absolute `ws:` or `wss:` address.
    public var publicURL: String

    public init(
        versionMin: UInt8, versionMax: UInt8, node: NodeID, incarnation: Incarnation, nonce: [UInt8],
        capacity: UInt32, publicURL: String
    ) {
        self.versionMin = versionMin
        self.versionMax = versionMax
        self.node = node
        self.incarnation = incarnation
        self.nonce = nonce
        self.capacity = capacity
        self.publicURL = publicURL
    }
}

/// The matchmaker's answer to `hello`: who it is, and its proof of the shared secret.
public struct Challenge: Hashable, Sendable {
    /// The version spoken from here on.
    public var version: UInt8
    public var node: NodeID
    public var incarnation: Incarnation
    /// 32 random bytes.
    public var nonce: [UInt8]
    /// 32 bytes of HMAC-SHA-256.
    public var proof: [UInt8]

    public init(version: UInt8, node: NodeID, incarnation: Incarnation, nonce: [UInt8], proof: [UInt8]) {
        self.version = version
        self.node = node
        self.incarnation = incarnation
        self.nonce = nonce
        self.proof = proof
    }
}

/// The coordinator's proof of the shared secret: 32 bytes of HMAC-SHA-256.
public struct Proof: Hashable, Sendable {
    public var proof: [UInt8]
    public init(proof: [UInt8]) { self.proof = proof }
}

/// The handshake is done; the terms of the lease.
public struct Welcome: Hashable, Sendable {
    /// A coordinator that has had no answer for this long ends its sessions itself.
    public var leaseGraceMs: UInt32
    /// How often it pings.
    public var pingIntervalMs: UInt32
    public init(leaseGraceMs: UInt32, pingIntervalMs: UInt32) {
        self.leaseGraceMs = leaseGraceMs
        self.pingIntervalMs = pingIntervalMs
    }
}

/// Why a link is closed. Codes are stable.
public enum RejectCode: UInt16, CaseIterable, Sendable, CustomStringConvertible {
    case noCommonVersion = 1
    case badProof = 2
    /// Another live process speaks for this node.
    case nodeInUse = 3
    /// A frame that cannot be read.
    case malformed = 4
    /// A message that has no place here.
    case unexpected = 5
    case shuttingDown = 6
    /// More coordinators than this matchmaker takes.
    case tooManyLinks = 7
    case handshakeTimeout = 8

    public var description: String {
        switch self {
        case .noCommonVersion: "no_common_version"
        case .badProof: "bad_proof"
        case .nodeInUse: "node_in_use"
        case .malformed: "malformed"
        case .unexpected: "unexpected"
        case .shuttingDown: "shutting_down"
        case .tooManyLinks: "too_many_links"
        case .handshakeTimeout: "handshake_timeout"
        }
    }
}

public struct Reject: Hashable, Sendable {
    public var code: RejectCode
    /// A sentence for the other side's log.
    public var detail: String
    public init(code: RejectCode, detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// The coordinator's sign of life, with its load.
public struct Ping: Hashable, Sendable {
    /// Its own CLOCK_BOOTTIME when it sent this; echoed by `pong`, so that the lease counts from the sending.
    public var sentAtMs: UInt64
    /// Live sessions.
    public var sessions: UInt32
    /// Connected players.
    public var players: UInt32
    public init(sentAtMs: UInt64, sessions: UInt32, players: UInt32) {
        self.sentAtMs = sentAtMs
        self.sessions = sessions
        self.players = players
    }
}
