import SessionProtocol

/// What the shell tells the core.
public enum CoordinatorEvent: Sendable {
    /// The handshake with the matchmaker is done.
    case linkUp(terms: Welcome)
    case linkDown
    /// A message from the matchmaker.
    case link(Message)
    /// A client's first message; `received` counts the ordered messages that it has already seen, and `tick` is the number of
    /// the last bundle.
    case enter(ConnectionHandle, SessionID, Ticket, received: UInt64, tick: UInt32 = 0)
    case request(ConnectionHandle, PlayerRequest)
    /// A client's connection is gone, whoever closed it.
    case disconnected(ConnectionHandle)
    /// All `persist` actions up to this number are durable.
    case persisted(upTo: UInt64)
    /// The disk takes no records, or takes them again: no new sessions meanwhile, and those that live go on.
    case storage(isWorking: Bool)
    /// An administrator ends a session that lives here.
    case cancel(SessionID)
    /// An administrator excludes a player, with a reason for people.
    case exclude(SessionID, PlayerIndex, reason: String)
    /// Take no new sessions.
    case drain
    /// Take no new sessions, and end those that live.
    case shutdown
}

/// What a client that has entered may ask.
public enum PlayerRequest: Sendable {
    /// `data` is raw JSON, passed on untouched.
    case signal(to: PlayerIndex, data: [UInt8], attempt: UInt32? = nil)
    /// Without an attempt, here and below, the one that runs is meant.
    case validated(peer: PlayerIndex, rttMs: Double?, attempt: UInt32? = nil)
    case validationFailed(peer: PlayerIndex, detail: String, attempt: UInt32? = nil)
    /// The connection to a peer is gone that had been validated.
    case peerLost(peer: PlayerIndex, attempt: UInt32? = nil)
    /// Its clock, for `PlayerReply.clock` of this number.
    case clock(sample: UInt32, clientMs: Double)
    case ready(barrier: String)
    /// The episode is over, as far as this player is concerned; nil means the one that runs.
    case episodeDone(UInt16?)
    /// It is ready for the next one; nil means the one that all get ready for.
    case resetDone(UInt16?)
    /// `result` is raw JSON.
    case finish(result: [UInt8]?)
    case leave
    /// Its page is hidden now, or seen again.
    case visibility(isHidden: Bool)
    /// The client excludes its own player.
    case exclude(reason: String)
}
