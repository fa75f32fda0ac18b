/// A matched game on its way to a coordinator: all that one needs to carry it, and that a matchmaker needs to know it again.
public struct Assignment: Hashable, Sendable {
    public var session: SessionID
    public var attempt: Attempt
    public var scene: SceneID
    public var settings: SessionSettings
    /// Shared by all players; given to them with `play`.
    public var seed: UInt64
    /// Until when the players' `resume`s are good, in milliseconds since 1970.
    public var resumeExpiresUnixMs: UInt64
    /// In order of `PlayerIndex`; 1 to 255.
    public var players: [AssignedPlayer]
    /// What version 1 has no fields for: treatment, roles.
    public var extensions: Extensions

    public init(
        session: SessionID, attempt: Attempt, scene: SceneID, settings: SessionSettings, seed: UInt64,
        resumeExpiresUnixMs: UInt64, players: [AssignedPlayer], extensions: Extensions = .none
    ) {
        self.session = session
        self.attempt = attempt
        self.scene = scene
        self.settings = settings
        self.seed = seed
        self.resumeExpiresUnixMs = resumeExpiresUnixMs
        self.players = players
        self.extensions = extensions
    }

    /// What a player's `resume` of a kind claims.
    public func claim(_ kind: ResumeClaim.Kind, of player: AssignedPlayer) -> ResumeClaim {
        ResumeClaim(
            kind: kind, scene: scene, subject: player.subject, session: session, sinceUnixMs: player.sinceUnixMs,
            expiresUnixMs: resumeExpiresUnixMs)
    }

    /// The `resume` that a player is given with `ended`.
    public func resume(of player: AssignedPlayer, isRequeued: Bool) -> String {
        let (kind, signature) =
            isRequeued
            ? (ResumeClaim.Kind.releasedPlace, player.placeSignature) : (.release, player.releaseSignature)
        return Resume(claim: claim(kind, of: player), signature: signature).text
    }
}

/// One seat of an assignment.
public struct AssignedPlayer: Hashable, Sendable {
    public var subject: SubjectID
    public var ticket: Ticket
    /// When the subject first joined, in milliseconds since 1970.
    public var sinceUnixMs: UInt64
    /// Seals the `releasedPlace` that the player is given when the session ends and it is requeued.
    public var placeSignature: ResumeSignature
    /// Seals the `release` that it is given otherwise.
    public var releaseSignature: ResumeSignature

    public init(
        subject: SubjectID, ticket: Ticket, sinceUnixMs: UInt64, placeSignature: ResumeSignature,
        releaseSignature: ResumeSignature
    ) {
        self.subject = subject
        self.ticket = ticket
        self.sinceUnixMs = sinceUnixMs
        self.placeSignature = placeSignature
        self.releaseSignature = releaseSignature
    }
}

/// What a failed validation means in a scene. Codes are stable.
public enum ValidationFailureAction: UInt8, CaseIterable, Sendable {
    /// The session ends and the blameless return to the front of the queue.
    case requeue = 1
    /// Play goes through the coordinator.
    case relay = 2
    /// The session ends for all.
    case end = 3
}

/// The part of a scene that its coordinator needs; fixed for a session when it is matched.
public struct SessionSettings: Hashable, Sendable {
    public var validatesPeers: Bool
    public var onValidationFailure: ValidationFailureAction
    /// From `accepted` to everyone's `enter`.
    public var enterTimeoutMs: UInt32
    /// From the last `enter` to all pairs validated.
    public var validationTimeoutMs: UInt32
    /// How long a player may be disconnected.
    public var reconnectGraceMs: UInt32
    /// From a barrier's first `ready` to its last.
    public var barrierTimeoutMs: UInt32
    /// The longest that play may last.
    public var playTimeoutMs: UInt32
    /// A JSON array for `RTCPeerConnection`, passed on untouched; `[]` for none.
    public var iceServers: String
    /// What a player is given when a session ends for a reason; at most one a reason, in order of their codes.
    public var completionCodes: [CompletionCode]

    /// Completion codes may come in any order; of several for one reason the first counts.
    public init(
        validatesPeers: Bool, onValidationFailure: ValidationFailureAction = .requeue,
        enterTimeoutMs: UInt32 = 15_000, validationTimeoutMs: UInt32 = 15_000, reconnectGraceMs: UInt32 = 10_000,
        barrierTimeoutMs: UInt32 = 30_000, playTimeoutMs: UInt32 = 3_600_000, iceServers: String = "[]",
        completionCodes: [CompletionCode] = []
    ) {
        var ordered: [CompletionCode] = []
        if !completionCodes.isEmpty {
            for reason in EndReason.allCases {
                if let first = completionCodes.first(where: { $0.reason == reason }) { ordered.append(first) }
            }
        }
        self.init(
            validatesPeers: validatesPeers, onValidationFailure: onValidationFailure, enterTimeoutMs: enterTimeoutMs,
            validationTimeoutMs: validationTimeoutMs, reconnectGraceMs: reconnectGraceMs,
            barrierTimeoutMs: barrierTimeoutMs, playTimeoutMs: playTimeoutMs, iceServers: iceServers,
            orderedCodes: ordered)
    }

    /// With completion codes as they are kept: in order of their reasons, at most one a reason.
    @inline(__always)
    init(
        validatesPeers: Bool, onValidationFailure: ValidationFailureAction, enterTimeoutMs: UInt32,
        validationTimeoutMs: UInt32, reconnectGraceMs: UInt32, barrierTimeoutMs: UInt32, playTimeoutMs: UInt32,
        iceServers: String, orderedCodes: [CompletionCode]
    ) {
        self.validatesPeers = validatesPeers
        self.onValidationFailure = onValidationFailure
        self.enterTimeoutMs = enterTimeoutMs
        self.validationTimeoutMs = validationTimeoutMs
        self.reconnectGraceMs = reconnectGraceMs
        self.barrierTimeoutMs = barrierTimeoutMs
        self.playTimeoutMs = playTimeoutMs
        self.iceServers = iceServers
        completionCodes = orderedCodes
    }

    /// The code for players of a session that ended for this reason, if the scene has one.
    public func completionCode(for reason: EndReason) -> String? {
        completionCodes.first { $0.reason == reason }?.code
    }
}

/// A code that players of an ended session show elsewhere, to be paid for instance.
public struct CompletionCode: Hashable, Sendable {
    public var reason: EndReason
    public var code: String
    public init(reason: EndReason, code: String) {
        self.reason = reason
        self.code = code
    }
}
