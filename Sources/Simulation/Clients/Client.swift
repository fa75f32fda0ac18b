import SessionProtocol

/// A person with a browser, or several.
struct Client {
    enum Stage: UInt8 {
        /// Not interested.
        case away
        /// At the matchmaker, or on the way there.
        case lobby
        /// On the way to its coordinator.
        case entering
        /// Inside, before play.
        case inside
        case playing
    }

    let index: Int
    /// A program that takes the seats of lost players, and waits for nobody.
    var isBot = false
    let subject: SubjectID
    var random: SmallGenerator
    var stage = Stage.away
    /// Timers of an earlier stage count for nothing.
    var generation: UInt32 = 0
    /// The connection that it listens to; -1 for none.
    var connection = -1
    var resume: String?
    /// What it forgot, and another page of its own still knows.
    var forgotten: String?
    /// On which somebody else has joined under its name, and what it was given there.
    var impostor = -1
    var stolen: String?
    var scene = 0
    /// Counts the pages: what a reloaded page does not know any more.
    var page: UInt32 = 1
    var retries = 0
    var isSilent = false
    var isSlowUntilUs: UInt64 = 0

    // The game that it was matched into.
    var session: SessionID?
    var ticket = Ticket(high: 0, low: 0)
    var server = 0
    var player: UInt8 = 0
    var players = 0
    var received: UInt64 = 0
    var numberNext: UInt32 = 1
    /// What it is to hear.
    var relay: RelayAccount?
    var hasTicks = false
    /// The number of the last bundle.
    var lastTick: UInt32 = 0
    /// The number of its last input.
    var inputNext: UInt32 = 0
    var peersToValidate: [PlayerIndex] = []
    /// The attempt with each of them, by player.
    var attempts: [UInt32] = []
    var barriersLeft = 0
    var barrier = 0
    var hasFinished = false
    /// The newest of which it has heard; 0 for none.
    var episode: UInt16 = 0
    var accuses = false
    /// Until when it comes and goes.
    var flickersUntilUs: UInt64 = 0
    var games = 0
}
