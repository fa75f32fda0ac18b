import SessionProtocol

/// What became of one `join`, recorded once: whoever asks how a waiting room did needs no more than to count these.
/// A join whose session fails on its way to a coordinator and whose subject is put back to wait has its fate still to come.
public struct JoinFate: Hashable, Sendable {
    /// Names are stable: they stand in logs and metrics.
    public enum Kind: String, CaseIterable, Sendable {
        /// It was sent to its game.
        case matched
        /// It asked to leave.
        case left
        /// The time to wait was up, or what became of its session could not be told in time.
        case timedOut = "timed_out"
        /// It was answered by an error; it may never have waited.
        case refused
        /// Its connection broke.
        case disconnected
        /// Its place, or its subject, went to a newer connection, or to a session that a coordinator holds.
        case superseded
        /// It did not say that it was still there.
        case notConfirmed = "not_confirmed"
        /// Somebody ended its session, or its scene is there no more.
        case cancelled
        /// The server stopped.
        case shutdown
        /// It was told another end of the session that it had been matched into, and not put back.
        case ended
    }

    public let kind: Kind
    public let connection: ConnectionHandle
    public let subject: SubjectID
    /// The scene that it waited in; nil when it named none that there is.
    public let scene: SceneID?
    /// The session that it was in at last; nil when it was refused before it had one.
    public let session: SessionID?
    /// With which it was refused.
    public let error: MatchmakerError?
    /// Since this join, on the boot clock.
    public let waitedMs: UInt64
    /// Since the subject first joined, over reloads and sessions that failed.
    public let waitedInAllMs: UInt64
}

extension JoinFate {
    /// Of a join that never came to the core.
    public init(refused request: JoinRequest, on connection: ConnectionHandle, scene: SceneID?) {
        self.init(
            kind: .refused, connection: connection, subject: request.subject, scene: scene, session: nil, error: nil,
            waitedMs: 0, waitedInAllMs: 0)
    }
}

/// A join is in `joined` from its acceptance to its fate; nothing else puts one in or takes one out.
extension MatchmakerCore {
    /// A connection waits for a session of this scene: it has just joined, or goes on waiting.
    @discardableResult
    mutating func accept(
        _ member: consuming Member, in scene: SceneID, movedFrom: SceneID? = nil, _ now: Moment
    ) -> JoinNumber {
        guard let connection = member.connection else { preconditionFailure("who waits is connected") }
        return joined.accept(member, on: connection, in: scene, movedFrom: movedFrom, atMs: now.bootMs)
    }

    /// The connection is nobody's any more, and this is why.
    mutating func finish(
        _ connection: ConnectionHandle, _ kind: JoinFate.Kind, in session: SessionID?, error: MatchmakerError? = nil,
        _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        fates.remove(connection)
        guard let join = joined.remove(connection) else { return }
        actions.append(
            .notice(
                .fate(
                    JoinFate(
                        kind: kind, connection: connection, subject: join.subject, scene: join.scene, session: session,
                        error: error, waitedMs: now.bootMs - min(now.bootMs, join.atMs),
                        waitedInAllMs: now.unixMs - min(now.unixMs, join.sinceUnixMs)))))
    }

    /// A join that gets no place. On a connection that has one it leaves the first join alone.
    func refuse(
        _ connection: ConnectionHandle, _ request: JoinRequest, _ error: MatchmakerError, _ message: String,
        _ actions: inout [MatchmakerAction]
    ) {
        actions.append(.reply(connection, .error(error, message: message)))
        if !joined.contains(connection) { actions.append(.close(connection, .failed(error))) }
        let scene = (try? SceneID(request.scene)).flatMap { sceneIndices[$0] }.map { scenes[$0].id }
        actions.append(
            .notice(
                .fate(
                    JoinFate(
                        kind: .refused, connection: connection, subject: request.subject, scene: scene, session: nil,
                        error: error, waitedMs: 0, waitedInAllMs: 0))))
    }

    /// An error that ends a connection which has waited.
    func tellError(
        _ connection: ConnectionHandle, _ error: MatchmakerError, _ message: String,
        _ actions: inout [MatchmakerAction]
    ) {
        actions.append(.reply(connection, .error(error, message: message)))
        actions.append(.close(connection, .failed(error)))
    }
}

extension JoinFate.Kind {
    /// For one who is told this end of a session.
    init(told reason: EndReason) {
        self =
            switch reason {
            case .waitTimeout: .timedOut
            case .notConfirmed: .notConfirmed
            case .superseded: .superseded
            case .cancelled: .cancelled
            case .shutdown: .shutdown
            case .completed, .playerLeft, .playerDisconnected, .playerExcluded, .validationFailed, .validationTimeout,
                .noShow, .allLeft, .barrierTimeout, .noCoordinator, .coordinatorLost, .timeLimit:
                .ended
            }
    }
}
