import SessionProtocol

/// What the core asks of the shell, to be done in order.
public enum CoordinatorAction: Hashable, Sendable {
    case reply(ConnectionHandle, PlayerReply)
    /// An ordered message that the client missed: binary, kind 0, from this player.
    case replay(ConnectionHandle, from: PlayerIndex, [UInt8])
    /// A bundle that the client missed: binary, kind 2, from player 255.
    case replayTick(ConnectionHandle, [UInt8])
    /// Bound what waits to be read by the client, from here on, and beyond that disconnect it. With `dropsLatest` the oldest
    /// latest-only messages go first.
    case limitBacklog(ConnectionHandle, bytesMax: Int, dropsLatest: Bool)
    /// Close the client's connection behind what it was sent. It is forgotten already.
    case close(ConnectionHandle, PlayerClose)
    /// Send on the link.
    case link(Message)
    /// Close the link, behind a `reject` if there is one, and discard what has not been read from it. The core counts it
    /// as down already.
    case closeLink(Reject?)
    /// Append to the outbox file. The n-th such action has the number n, from 1; `persisted(upTo: n)` answers it.
    case persist(Message)
    /// For the log: a session changed its state, or was refused to.
    case transition(Transition)
    /// For the log.
    case notice(CoordinatorNotice)
}

/// What a client is told; the names of the client protocol, in the types of this module.
public enum PlayerReply: Hashable, Sendable {
    /// `missed` counts ordered messages that the client has not seen and that are no longer kept, `missedTicks` bundles.
    case entered(
        SessionID, PlayerIndex, players: [PlayerPresence], state: SessionState, missed: UInt64, missedTicks: UInt32,
        condition: Condition)
    case validate(ValidationTask)
    /// Build a fresh connection to that peer, and let go of an older one. `deadlineMs` is the time left for it.
    case retry(peer: PlayerIndex, attempt: UInt32, offers: Bool, iceServers: String, deadlineMs: UInt64)
    case signal(from: PlayerIndex, data: [UInt8], attempt: UInt32?)
    /// `seed` is below 2^53, so that it is the same number in every JSON reader.
    case play(Transport, seed: UInt64, StartInstant, TickTerms?)
    /// What does its clock say? `serverMs` is the boot clock's time now.
    case clock(sample: UInt32, serverMs: UInt64)
    /// When play begins, again, now that its clock is known.
    case start(StartInstant)
    /// Play goes on this way from now on.
    case transport(Transport)
    /// The instant is told where the scene has a rule of barriers; `missing` are those without whom it opens.
    case go(barrier: String, StartInstant?, missing: [PlayerIndex])
    /// The episode of this number begins at the instant; `deadlineMs` is the time left until it is over in any case.
    case episode(UInt16, of: UInt16, StartInstant, deadlineMs: UInt64)
    /// All are to get ready for the episode of this number, in so long.
    case reset(UInt16, deadlineMs: UInt64)
    /// The last episode is over.
    case done
    case peerDisconnected(PlayerIndex, graceMs: UInt64)
    case peerReconnected(PlayerIndex)
    /// Play stands still for this player.
    case paused(PlayerIndex)
    case resumed(StartInstant)
    /// The session goes on without this player. `isForBot`: a bot may take its seat.
    case playerLost(PlayerIndex, EndReason, isForBot: Bool)
    /// A bot has taken a lost player's seat.
    case playerSeated(PlayerIndex)
    /// It is excluded in so long, unless this changes.
    case warning(WatchedAspect, inMs: UInt64)
    case warningOver(WatchedAspect)
    /// `resume` is empty for a bot, which has nothing to go back to.
    case ended(SessionID, EndReason, requeued: Bool, resume: String, completionCode: String?)
    case error(PlayerError, message: String)
}

/// Whether a player of the session is connected now.
public struct PlayerPresence: Hashable, Sendable {
    public let player: PlayerIndex
    public let isConnected: Bool
    /// The session has lost it; whoever is connected is a bot in its seat.
    public let isLost: Bool
    public init(player: PlayerIndex, isConnected: Bool, isLost: Bool = false) {
        self.player = player
        self.isConnected = isConnected
        self.isLost = isLost
    }
}

/// How the players of a session reach each other.
public enum Transport: String, Sendable {
    case peer
    case relay
}

/// Why a client's connection is closed.
public enum PlayerClose: Hashable, Sendable {
    /// It has been told that its session ended, or it left after finishing.
    case normal
    /// Another connection entered with the same ticket.
    case replaced
    /// It was sent this error before.
    case fatal(PlayerError)
}

/// The error codes of the client protocol that this core gives.
public enum PlayerError: String, CaseIterable, Sendable {
    /// Not fatal.
    case badMessage = "bad_message"
    /// Not fatal, except to a connection that has not entered.
    case wrongState = "wrong_state"
    /// Not fatal; too many barriers at once.
    case rateLimited = "rate_limited"
    /// Fatal.
    case badTicket = "bad_ticket"
    /// Fatal.
    case sessionEnded = "session_ended"
    /// Not fatal.
    case noSuchPlayer = "no_such_player"
}

/// What became of a binary message.
public enum RelayResult: Hashable, Sendable {
    /// It goes to the targets, marked as from this player.
    case forwarded(from: PlayerIndex)
    /// The sender is answered with this error; not fatal.
    case refused(PlayerError)
    /// The sender sends too much, and was told so a moment ago already.
    case dropped
}

/// Why direct play goes on through the coordinator.
public enum FallBack: Hashable, Sendable {
    /// The two cannot be connected any more.
    case overPair(PlayerPair)
    /// A bot has taken this player's seat.
    case forBot(PlayerIndex)
}

/// Worth a line in the log, and a count.
public enum CoordinatorNotice: Hashable, Sendable {
    /// A message that has no place on this link; the link is closed.
    case unexpectedMessage(MessageKind)
    /// Read from a link that counts as down; ignored.
    case discarded(MessageKind)
    /// The matchmaker closed the link and said why.
    case linkRejected(Reject)
    /// Nothing here by this identifier; ignored.
    case unknownSession(MessageKind, SessionID)
    /// About an attempt that is not the current one; ignored.
    case staleAttempt(MessageKind, SessionID, Attempt)
    /// An assignment was not taken.
    case refused(SessionID, Attempt, RefusalReason)
    /// A session was dropped without an outcome.
    case forgotten(SessionID, Attempt)
    /// The lease ran out, and with it this many sessions.
    case leaseExpired(sessions: Int)
    /// Someone was not let in.
    case entryRefused(SessionID, PlayerError)
    /// A player came back after more ordered messages than are kept.
    case replayIncomplete(SessionID, PlayerIndex, missed: UInt64)
    /// The same for bundles of ticks.
    case ticksMissed(SessionID, PlayerIndex, missed: UInt32)
    /// After a stall, so much of a session's time of play was left out.
    case ticksSkipped(SessionID, ms: UInt64)
    case validated(SessionID, by: PlayerIndex, peer: PlayerIndex, rttMs: Double?)
    /// Both ends call a pair validated: its round trip, as the outcome will say it.
    case measured(SessionID, PairRoundTrip)
    case validationFailed(SessionID, by: PlayerIndex, peer: PlayerIndex, detail: String)
    /// A pair is told to connect anew.
    case retried(SessionID, PlayerPair, attempt: UInt32)
    /// Something about an attempt that is over; ignored.
    case stale(SessionID, by: PlayerIndex, LateWord)
    /// A validated pair says that it has lost each other.
    case pairLost(SessionID, PlayerPair, by: PlayerIndex)
    /// A pair that was lost in play is connected again.
    case repaired(SessionID, PlayerPair, attempt: UInt32)
    /// All play on through the coordinator who have played directly.
    case fellBack(SessionID, FallBack)
    case excluded(SessionID, PlayerIndex, reason: String, by: Excluder)
    /// A player has been warned that it will be excluded.
    case warned(SessionID, PlayerIndex, WatchedAspect)
    /// A session goes on without a player.
    case lost(SessionID, PlayerLoss)
    /// What became of the wish to give a lost player's seat to a bot.
    case seatOffer(SessionID, PlayerIndex, SeatOffer)
}
