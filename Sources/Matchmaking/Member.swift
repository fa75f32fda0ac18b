import SessionProtocol

/// Someone who waits, by what the book of joins knows of it; or whose session has not yet taken it away, by what its hand-off
/// knows. Many wait: what few of them have is held apart.
struct Member: Hashable, Sendable {
    let subject: SubjectID
    /// Zero for none: `connection`.
    private var connectionNumberAnd1: UInt64 = 0
    /// When the subject first joined, in milliseconds since 1970: its seniority.
    var sinceUnixMs: UInt64
    /// When it has waited for as long as its scene allows, in milliseconds of the boot clock. Hand-offs that failed
    /// do not put it off.
    var waitUntilMs: UInt64
    /// Tells apart those who have waited equally long: who joined first has the lower one.
    var order: UInt64 = 0
    /// An earlier life of this process knew what it said when it joined.
    var isFromJournal: Bool { order == 0 }
    private var signature = ResumeSignature(high: 0, low: 0)
    /// 0 while its place is not signed.
    private var expiresUnixMs: UInt64 = 0
    /// What it said of itself when it joined.
    var attributes = Attributes.none
    private var marks: Marks = []
    private var pingOrNoneMs = UInt16.max
    /// Tells its wait deadline from those of the others in the room.
    var slot: UInt32 = 0
    private var unitSlot: Int32 = -1
    /// The scene of its join, by the number that the book of joins has for it.
    var sceneNumber: UInt32 = 0
    /// When it joined by the connection that it has, in milliseconds of the boot clock.
    var joinedAtMs: UInt64 = 0
    /// One, of a member who has any of it.
    private var specials: [Special] = []

    private struct Marks: OptionSet, Hashable, Sendable {
        let rawValue: UInt8
        static let hasLeft = Marks(rawValue: 1)
        static let isGivenUp = Marks(rawValue: 2)
        static let hasConfirmed = Marks(rawValue: 4)
    }

    /// What few members have.
    private struct Special: Hashable, Sendable {
        var party: JoinRequest.Party?
        /// Of its party, where that is not its own.
        var order: UInt64?
        var releasedFrom: [SessionID] = []
        static let none = Special()
    }

    init(
        subject: SubjectID, connection: ConnectionHandle?, sinceUnixMs: UInt64, waitUntilMs: UInt64, slot: UInt32 = 0,
        attributes: Attributes = .none, party: JoinRequest.Party? = nil
    ) {
        self.subject = subject
        self.sinceUnixMs = sinceUnixMs
        self.waitUntilMs = waitUntilMs
        self.slot = slot
        self.attributes = attributes
        self.connection = connection
        if party != nil { self.party = party }
    }

    /// Nil while nobody is there to be told.
    var connection: ConnectionHandle? {
        get { connectionNumberAnd1 == 0 ? nil : ConnectionHandle(connectionNumberAnd1 &- 1) }
        set { connectionNumberAnd1 = newValue.map { $0.number &+ 1 } ?? 0 }
    }

    /// Asked to leave after the match was made.
    var hasLeft: Bool {
        get { marks.contains(.hasLeft) }
        set { set(.hasLeft, newValue) }
    }

    /// This server could not tell it in time what became of its session, and hung up.
    var isGivenUp: Bool {
        get { marks.contains(.isGivenUp) }
        set { set(.isGivenUp, newValue) }
    }

    /// It has said that it is still there, since its group was last asked.
    var hasConfirmed: Bool {
        get { marks.contains(.hasConfirmed) }
        set { set(.hasConfirmed, newValue) }
    }

    private mutating func set(_ mark: Marks, _ isSet: Bool) {
        if isSet { marks.insert(mark) } else { marks.remove(mark) }
    }

    /// The least round trip to this server that was measured, as far as 65 s; nil while none was.
    var pingMs: UInt32? {
        get { pingOrNoneMs == .max ? nil : UInt32(pingOrNoneMs) }
        set { pingOrNoneMs = newValue.map { UInt16(min($0, UInt32(UInt16.max) - 1)) } ?? .max }
    }

    /// Its place in the scene's pool, while its room is open.
    var unit: PoolUnit? {
        get { unitSlot < 0 ? nil : PoolUnit(slot: unitSlot) }
        set { unitSlot = newValue?.slot ?? -1 }
    }

    /// With whom it stays together.
    var party: JoinRequest.Party? {
        get { specials.first?.party }
        set { setSpecial { $0.party = newValue } }
    }

    /// The order of the first of its party; a party stays together in the pool.
    var partyOrder: UInt64 {
        get { specials.first?.order ?? order }
        set {
            let own = order
            setSpecial { $0.order = newValue == own ? nil : newValue }
        }
    }

    /// Signs its place, the same as long as it waits here, unless an older one is shown; nil when it is not known, as after a
    /// restart.
    var seal: PlaceSeal? {
        get {
            expiresUnixMs == 0
                ? nil
                : PlaceSeal(
                    signature: signature, expiresUnixMs: expiresUnixMs, releasedFrom: specials.first?.releasedFrom ?? [])
        }
        set {
            signature = newValue?.signature ?? ResumeSignature(high: 0, low: 0)
            expiresUnixMs = newValue?.expiresUnixMs ?? 0
            setSpecial { $0.releasedFrom = newValue?.releasedFrom ?? [] }
        }
    }

    private mutating func setSpecial(_ change: (inout Special) -> Void) {
        var special = specials.first ?? .none
        change(&special)
        if special != .none {
            specials = [special]
        } else if !specials.isEmpty {
            specials = []
        }
    }
}

/// What it takes, beside what is known of a member and its session, to write its signed place whenever it is told: a quarter
/// of the text's memory. It is made anew when the member proves to be older.
struct PlaceSeal: Hashable, Sendable {
    let signature: ResumeSignature
    let expiresUnixMs: UInt64
    /// Sessions that it was released from by then.
    let releasedFrom: [SessionID]
}
