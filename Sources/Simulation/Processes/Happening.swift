import Coordination
import Matchmaking
import SessionProtocol

/// All that can happen in a world, one at a time.
enum Happening {
    /// To a process, in its present life.
    case input(Int, life: UInt32, Input)
    /// A process's timer.
    case wake(Int, life: UInt32)
    /// The disk of a process has synced; its kernel does so even while the process is stopped.
    case synced(Int, life: UInt32, SimulatedJournal.Step)
    case retryCommit(Int, life: UInt32)
    case start(Int)
    case resume(Int, life: UInt32)
    /// A stopping process has had its time.
    case exit(Int, life: UInt32)

    case fault(Int)
    case reload(Int)
    indirect case administer(AdministrationPlan)
    /// The page of this connection is hidden, or seen again.
    case visibility(Int, Int, isHidden: Bool)
    case diskHeals(Int, number: Int)
    case heal
    case closeAll
    case over
    case sweep

    // Links.
    case dialArrives(Int)
    /// The next piece of a link's stream gets through.
    case linkArrival(Int, toMatchmaker: Bool)
    /// One end learns that the link is closed or broken.
    case linkClosed(Int, atMatchmaker: Bool)

    // Clients.
    case toServer(Int, ClientMessage)
    case toClient(Int, ServerMessage)
    case client(Int, generation: UInt32, ClientTimer)
    /// A bot that was to have a seat in this session looks whether it has one.
    indirect case botGivesUp(Int, SessionID)
    /// A connection that nobody uses any more is closed.
    case ghostCloses(Int)
}

/// What wakes a process's loop. What is large and rare is kept elsewhere.
enum Input {
    case timer
    case accepted(link: Int)
    case connected(link: Int)
    case connectFailed(link: Int)
    case linkBytes(link: Int, [UInt8])
    case linkClosed(link: Int)
    case handshakeDeadline(link: Int)
    case client(Int, ClientMessage)
    case recorded
    case storage(isWorking: Bool)
    indirect case cancel(SessionID)
    indirect case exclude(SessionID, PlayerIndex)
    /// An administrator gives a lost player's seat to a bot.
    indirect case offerSeat(SessionID, PlayerIndex, bot: Int)
    case reconfigure([Scene])
    case drain
    case shutdown
}

/// What a client says. What is large and not said often is kept elsewhere, so that all else is small.
enum ClientMessage {
    indirect case join(JoinRequest)
    case leave
    case confirm
    /// The server has measured the way to the client, in milliseconds there and back.
    case measured(UInt32)
    indirect case enter(SessionID, Ticket, received: UInt64, tick: UInt32)
    indirect case request(PlayerRequest)
    /// Binary: a numbered message of one page.
    case relay(kind: UInt8, address: UInt8, page: UInt32, number: UInt32)
    /// Binary: a numbered input for a tick.
    case input(tick: UInt32, number: UInt32)
    /// The connection is gone.
    case hangUp
}

/// What a client hears.
enum ServerMessage {
    indirect case lobby(MatchmakerReply)
    indirect case play(PlayerReply)
    case relayed(kind: UInt8, from: UInt8, page: UInt32, number: UInt32)
    case bundle([UInt8])
    /// The server has closed the connection, or it broke.
    case closed
    /// Nobody listens there.
    case refused
}

/// What a client has set itself to do.
enum ClientTimer {
    case join
    case confirm
    case enter
    case validate
    case losePeer
    case tick
    case barrier
    case episodeDone(UInt16)
    case resetDone(UInt16)
    case finish
    case quirk(Quirk)
    /// Somebody else says its name while it is away, and later shows what it was given then.
    case impostor
    case thief
}
