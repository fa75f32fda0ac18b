/// What a client may do that a perfect one never does.
public enum Quirk: Int, CaseIterable, Sendable {
    /// Closes its connection, and comes back much later.
    case vanish
    /// Its connection is gone and nobody is told; it comes back much later.
    case vanishSilently
    /// Loses its connection, and returns at once.
    case drop
    /// A new page takes over; the old connection stays a while.
    case reload
    /// Goes on listening and says nothing any more.
    case silence
    /// Leaves in order.
    case leave
    /// Excludes itself from a game.
    case exclude
    /// Says what it says twice.
    case repeatItself
    /// Its network is very slow for a while.
    case slow
    /// Another connection joins under the same name, without proof or with another's.
    case doubleJoin
    /// Another connection enters with a wrong ticket.
    case wrongTicket
    /// Says things that have no place where they are said.
    case babble
    /// Says that it cannot reach its peers.
    case accuse
    /// Enters again after the end, with the old ticket.
    case lateEnter
    /// All of a group come and go, so that they are hardly ever there together.
    case flicker
    /// Forgets its resume; when it waits again, without, an older page of it shows what was forgotten.
    case amnesia

    public var name: String { "\(self)" }

    public init?(name: String) {
        guard let quirk = Quirk.allCases.first(where: { $0.name == name }) else { return nil }
        self = quirk
    }
}
