import SessionProtocol

/// What happens to a matchmaker.
public enum MatchmakerEvent: Sendable {
    case join(ConnectionHandle, JoinRequest)
    case leave(ConnectionHandle)
    case confirm(ConnectionHandle)
    case disconnected(ConnectionHandle)
    /// The round trip between this server and a client, in milliseconds.
    case roundTrip(ConnectionHandle, UInt32)
    /// A coordinator has proven itself; the core answers with `welcome` or closes the link.
    case linkProven(LinkHandle, Hello)
    case link(LinkHandle, Message)
    case linkDown(LinkHandle)
    /// The records up to this number are on disk.
    case persisted(upTo: UInt64)
    /// The disk takes no records, or takes them again: nobody is matched meanwhile, and waiting rooms go on.
    case storage(isWorking: Bool)
    /// An administrator ends a session, whatever it is at.
    case cancel(SessionID)
    /// These scenes in place of those before, no id twice.
    case reconfigure([Scene])
    /// No new joins; those who wait go on waiting.
    case drain
    /// Waiting rooms end; sessions at coordinators go on.
    case shutdown
}

/// What a matchmaker wants done, in this order.
public enum MatchmakerAction: Hashable, Sendable {
    case reply(ConnectionHandle, MatchmakerReply)
    /// Nothing more will be said on this connection.
    case close(ConnectionHandle, MatchmakerClose)
    case link(LinkHandle, Message)
    /// Says why, if there is something to say, and hangs up.
    case closeLink(LinkHandle, Reject?)
    /// The n-th of these has number n, counted from 1; `persisted` answers it.
    case persist(Message)
    case transition(Transition)
    case notice(MatchmakerNotice)
}

/// A link to a coordinator as the core knows it: a number that the shell chose and never uses twice.
public struct LinkHandle: Hashable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

public struct JoinRequest: Hashable, Sendable {
    /// The scene's name as the client wrote it; it need not exist.
    public var scene: String
    public var subject: SubjectID
    public var resume: String?
    public var attributes: Attributes
    public var party: Party?
    /// The scene's authority says that whoever joins is this subject: as good as a `resume` for a takeover, and good for no
    /// waiting time.
    public var isProven: Bool

    /// Subjects who join with the same code stay together.
    public struct Party: Hashable, Sendable {
        /// 1 to 64 bytes.
        public var code: String
        /// How many they are; they are matched once all have come.
        public var size: Int
        public init(code: String, size: Int) {
            self.code = code
            self.size = size
        }
    }

    public init(
        scene: String, subject: SubjectID, resume: String? = nil, attributes: Attributes = .none, party: Party? = nil,
        isProven: Bool = false
    ) {
        self.scene = scene
        self.subject = subject
        self.resume = resume
        self.attributes = attributes
        self.party = party
        self.isProven = isProven
    }
}

/// What a client hears from the matchmaker.
public enum MatchmakerReply: Hashable, Sendable {
    case waiting(WaitingNews)
    /// "Still there?" `deadlineMs` is how long there is to answer.
    case confirm(deadlineMs: UInt64)
    case matched(session: SessionID, player: PlayerIndex, players: Int, url: String, ticket: Ticket, condition: Condition)
    case ended(session: SessionID, reason: EndReason, completionCode: String?)
    case error(MatchmakerError, message: String)
}

/// How one who waits is getting on.
public struct WaitingNews: Hashable, Sendable {
    public var session: SessionID
    public var players: Int
    public var needed: Int
    public var waitedMs: UInt64
    /// What is left until the server gives up.
    public var timeoutMs: UInt64
    public var resume: String
    /// How much longer it is likely to take; nil when that is not known.
    public var estimateMs: UInt64?
    /// While its party gathers.
    public var party: PartyCount?

    public struct PartyCount: Hashable, Sendable {
        public var members: Int
        public var size: Int
    }
}

/// Codes of the client protocol that the matchmaker's core gives.
public enum MatchmakerError: String, CaseIterable, Sendable {
    case unknownScene = "unknown_scene"
    case sceneClosed = "scene_closed"
    case roomFull = "room_full"
    case draining = "draining"
    case subjectInUse = "subject_in_use"
    case wrongState = "wrong_state"
    /// An attribute does not say what the scene's rules need.
    case badMessage = "bad_message"
    /// All of the party have come already.
    case partyFull = "party_full"
    /// The party's size is not the one that the others have named, or not one that the scene takes; or its members cannot
    /// be in one group.
    case partyMismatch = "party_mismatch"
    /// What became of the session cannot be said in time.
    case timeout = "timeout"
}

public enum MatchmakerClose: Hashable, Sendable {
    /// 1000: all has been said.
    case normal
    /// Behind an error that ends the connection.
    case failed(MatchmakerError)
}

/// Something that an operator may want to know.
public enum MatchmakerNotice: Hashable, Sendable {
    case coordinatorUp(NodeID, Incarnation, capacity: UInt32, url: String)
    case coordinatorDown(NodeID)
    case coordinatorDraining(NodeID)
    /// Grace and margin are over; its sessions end as `coordinator_lost`.
    case coordinatorLost(NodeID, sessions: Int)
    case coordinatorRefused(NodeID, RejectCode)
    case sessionRefused(SessionID, NodeID, RefusalReason)
    case assignTimedOut(SessionID, NodeID)
    /// A coordinator was asked to end a session and did not, though its link is up.
    case cancelIgnored(SessionID, NodeID)
    /// An administrator asked to end a session that does not live here.
    case nothingToCancel(SessionID)
    /// These players of a scene were put together, and why.
    case formed(SessionID, SceneID, [SubjectID], MatchReason)
    /// A full room waits because no coordinator takes sessions.
    case noCoordinator(SceneID)
    /// A message about a session that is not there, or of another attempt: it changed nothing.
    case stale(MessageKind, SessionID)
    /// A session that a coordinator holds and this matchmaker did not know; it is taken on.
    case adopted(SessionID, NodeID)
    /// A session that a coordinator holds, this matchmaker did not know, and nobody is known to have been inside of: unless
    /// all enter, its owner is asked to end it when all have reported, or at once when they have.
    case doubted(SessionID, NodeID)
    /// So many outcomes could be reported by it once more that its link is closed: the next begins with an inventory.
    case inventoryAsked(NodeID, outcomes: Int)
    /// A coordinator that is away, or that the journal does not name, may have kept this outcome; if it reports it once
    /// more, that counts as new.
    case outcomeReleased(SessionID, NodeID?)
    /// What players and operators should know of an end, once it is durable.
    case outcome(Outcome)
    /// A session of this scene was given a treatment.
    case treated(SessionID, SceneID, treatment: String)
    /// What became of a join, once for each.
    case fate(JoinFate)
}
