/// Fields that stand behind all others of an assignment or an outcome, each with its tag and its length: so that more can be
/// said than version 1 had fields for, and that a reader can pass over what it does not know. Tags below 128 may be
/// passed over; what stands under the others has to be understood by whoever is to carry the session. Stable.
public enum ExtensionTag: UInt8, CaseIterable, Sendable {
    /// The condition of an experiment that the session was given.
    case treatment = 1
    /// What players are in it, by their index.
    case roles = 2
    // 3 is never given: published bytes have it as a tag that is not known.
    /// The round trips that its pairs of players have measured. In an outcome; in an assignment it tells nothing.
    case pairs = 4
    /// Players that the session went on without, each with the reason. In an assignment: those it has lost by now.
    case losses = 20
    /// How often a pair tries to reach each other.
    case attempts = 160
    /// The countdown to play.
    case start = 161
    /// What one may send through the coordinator, and how slowly one may read.
    case relay = 162
    /// Lockstep.
    case ticks = 163
    /// What a player's absence means.
    case absence = 164
    /// What happens at barriers.
    case barriers = 165
    /// Play in rounds.
    case episodes = 166
    /// When a player is excluded by what is measured of it.
    case watch = 167

    /// From here on a tag must be understood.
    public static let firstDemanding: UInt8 = 128
}

/// All extensions of a message. Most have none, and are spared them: then this is one empty word, and nothing is allocated.
public struct Extensions: Hashable, Sendable {
    struct Content: Hashable, Sendable {
        var treatment: String?
        /// In order of players, each at most once.
        var roles: [Role] = []
        /// In order of pairs, each at most once.
        var pairs: [PairRoundTrip] = []
        /// In order of players, each at most once.
        var losses: [PlayerLoss] = []
        var playRules = PlayRules.none
        /// What a later writer knows and this module does not, by tag: kept, and said again as it came.
        var unknown: [Unknown] = []
    }

    struct Role: Hashable, Sendable {
        let player: PlayerIndex
        let name: String
    }

    struct Unknown: Hashable, Sendable {
        let tag: UInt8
        let bytes: [UInt8]
    }

    /// One, or nil for none: an array, so that it is copied when it is changed.
    private var box: [Content]?

    @inline(__always)
    public static var none: Extensions { Extensions(box: nil) }

    @inline(__always)
    private init(box: [Content]?) { self.box = box }

    /// - Parameters:
    ///   - roles: by player; nil for one who has none.
    ///   - roundTrips: in order of pairs, each at most once; of more than may be told the first ones are.
    ///   - losses: in order of players, each at most once.
    public init(
        treatment: String? = nil, roles: [String?] = [], roundTrips: [PairRoundTrip] = [], losses: [PlayerLoss] = [],
        playRules: PlayRules = .none
    ) {
        precondition(zip(losses, losses.dropFirst()).allSatisfy { $0.player < $1.player }, "losses are in order")
        precondition(zip(roundTrips, roundTrips.dropFirst()).allSatisfy { $0.pair < $1.pair }, "pairs are in order")
        let named = roles.enumerated().compactMap { index, role in
            role.flatMap { name in PlayerIndex(exactly: index).map { Role(player: $0, name: name) } }
        }
        let told = Array(roundTrips.prefix(ProtocolLimits.measuredPairsMax))
        self.init(Content(treatment: treatment, roles: named, pairs: told, losses: losses, playRules: playRules))
    }

    init(_ content: Content) { box = content == Content() ? nil : [content] }

    var content: Content? { box?[0] }

    @inline(__always)
    var isEmpty: Bool { box == nil }

    /// The condition of an experiment: a name of 1 to 64 bytes of UTF-8.
    public var treatment: String? {
        get { box?[0].treatment }
        set { change { $0.treatment = newValue } }
    }

    /// What a player is in the game: a name of 1 to 64 bytes of UTF-8.
    public subscript(roleOf player: PlayerIndex) -> String? {
        get { box?[0].roles.first { $0.player == player }?.name }
        set {
            change { content in
                content.roles.removeAll { $0.player == player }
                guard let newValue else { return }
                let place = content.roles.firstIndex { $0.player > player } ?? content.roles.count
                content.roles.insert(Role(player: player, name: newValue), at: place)
            }
        }
    }

    /// In order of players; each of them is one of the message's.
    public var roles: [(player: PlayerIndex, name: String)] { box?[0].roles.map { ($0.player, $0.name) } ?? [] }

    /// What pairs of players have measured, in order of pairs; both players are of the message's.
    public var roundTrips: [PairRoundTrip] { box?[0].pairs ?? [] }

    /// Players that the session has gone on without, or that ended it by going, in order of players; all are of the message's.
    public var losses: [PlayerLoss] {
        get { box?[0].losses ?? [] }
        set {
            precondition(zip(newValue, newValue.dropFirst()).allSatisfy { $0.player < $1.player }, "losses are in order")
            change { $0.losses = newValue }
        }
    }

    /// Nil for a player that was not lost.
    public subscript(lossOf player: PlayerIndex) -> PlayerLoss? { box?[0].losses.first { $0.player == player } }

    /// What the scene asks of validation and play; of an outcome none.
    public var playRules: PlayRules {
        get { box?[0].playRules ?? .none }
        set { change { $0.playRules = newValue } }
    }

    /// The first tag that whoever carries the session must understand and this module does not know.
    public var demandedTag: UInt8? {
        box?[0].unknown.first { $0.tag >= ExtensionTag.firstDemanding }?.tag
    }

    /// Takes over treatment and roles where none are said here. Round trips and losses are an outcome's own.
    public mutating func fill(from other: Extensions) {
        guard let theirs = other.content else { return }
        change { content in
            if content.treatment == nil { content.treatment = theirs.treatment }
            if content.roles.isEmpty { content.roles = theirs.roles }
        }
    }

    /// Adds what this module does not know, behind those of lower tags.
    package mutating func addUnknown(tag: UInt8, _ bytes: [UInt8]) {
        change { content in
            let place = content.unknown.firstIndex { $0.tag > tag } ?? content.unknown.count
            content.unknown.insert(Unknown(tag: tag, bytes: bytes), at: place)
        }
    }

    private mutating func change(_ body: (inout Content) -> Void) {
        var content = box?[0] ?? Content()
        body(&content)
        self = Extensions(content)
    }
}

/// What an experiment has given to one player of a session.
public struct Condition: Hashable, Sendable {
    /// The session's treatment, the same for all its players.
    public var treatment: String?
    /// The player's own.
    public var role: String?

    public static let none = Condition()

    public init(treatment: String? = nil, role: String? = nil) {
        self.treatment = treatment
        self.role = role
    }
}

extension Assignment {
    /// The condition of an experiment that the session has been given.
    public var treatment: String? {
        get { extensions.treatment }
        set { extensions.treatment = newValue }
    }
}

extension Outcome {
    /// The condition of an experiment that the session had.
    public var treatment: String? {
        get { extensions.treatment }
        set { extensions.treatment = newValue }
    }
}

extension Outcome {
    /// The round trips of pairs that were validated, as far as their players have told them.
    public var roundTrips: [PairRoundTrip] { extensions.roundTrips }
}

extension Extensions {
    /// What a player has been given.
    public func condition(of player: PlayerIndex) -> Condition {
        isEmpty ? .none : Condition(treatment: treatment, role: self[roleOf: player])
    }
}

extension Outcome {
    /// What became of players that the session has gone on without, or that ended it by going; in order of players.
    public var losses: [PlayerLoss] { extensions.losses }

    /// Why it ended for one player: for one that was lost before, that loss.
    public func reason(for player: PlayerIndex) -> EndReason { extensions[lossOf: player]?.reason ?? reason }
}

extension Assignment {
    /// The session is over for this player, and goes on without it.
    public func hasLost(_ player: PlayerIndex) -> Bool { extensions[lossOf: player] != nil }

    public var subjectsLost: Set<SubjectID> {
        Set(extensions.losses.map { players[Int($0.player.number)].subject })
    }

    /// Those that the session has not lost, in order of their seats.
    public var subjectsLeft: [SubjectID] {
        if extensions.losses.isEmpty { return players.map(\.subject) }
        return players.enumerated().compactMap { index, player in
            PlayerIndex(exactly: index).map(hasLost) == true ? nil : player.subject
        }
    }
}
