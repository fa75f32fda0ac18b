/// The error codes that clients see. Names and close codes are stable; a number is never given to another code.
public enum ErrorCode: String, Sendable, CaseIterable {
    /// The text is not JSON.
    case badJSON = "bad_json"
    /// JSON of the wrong shape.
    case badMessage = "bad_message"
    case unknownType = "unknown_type"
    case wrongState = "wrong_state"
    case unknownScene = "unknown_scene"
    case sceneClosed = "scene_closed"
    case roomFull = "room_full"
    case draining
    case subjectInUse = "subject_in_use"
    case partyFull = "party_full"
    case partyMismatch = "party_mismatch"
    case badToken = "bad_token"
    case originRefused = "origin_refused"
    case rateLimited = "rate_limited"
    case badTicket = "bad_ticket"
    case sessionEnded = "session_ended"
    case noSuchPlayer = "no_such_player"
    case tooLarge = "too_large"
    case timeout
    case `internal`

    /// The close code when the error is fatal. 4000 to 4009 are for closings that are no errors, as `replaced` is.
    public var closeCode: WebSocketCloseCode {
        switch self {
        case .badJSON: WebSocketCloseCode(4010)
        case .badMessage: WebSocketCloseCode(4011)
        case .unknownType: WebSocketCloseCode(4012)
        case .wrongState: WebSocketCloseCode(4013)
        case .unknownScene: WebSocketCloseCode(4014)
        case .sceneClosed: WebSocketCloseCode(4015)
        case .roomFull: WebSocketCloseCode(4016)
        case .draining: WebSocketCloseCode(4017)
        case .subjectInUse: WebSocketCloseCode(4018)
        case .badToken: WebSocketCloseCode(4019)
        case .originRefused: WebSocketCloseCode(4020)
        case .rateLimited: WebSocketCloseCode(4021)
        case .badTicket: WebSocketCloseCode(4022)
        case .sessionEnded: WebSocketCloseCode(4023)
        case .noSuchPlayer: WebSocketCloseCode(4024)
        case .tooLarge: .messageTooBig
        case .timeout: WebSocketCloseCode(4025)
        case .internal: WebSocketCloseCode(4026)
        case .partyFull: WebSocketCloseCode(4027)
        case .partyMismatch: WebSocketCloseCode(4028)
        }
    }

    /// Whether the connection closes with it, unless the one who raises it knows better: a wrong *first* message is always
    /// fatal. What leaves a connection without a purpose (a refused join) is fatal; a slip in a running game is not.
    public var isFatal: Bool {
        switch self {
        case .badJSON, .unknownScene, .sceneClosed, .roomFull, .draining, .subjectInUse, .partyFull, .partyMismatch, .badToken, .originRefused,
            .rateLimited, .badTicket, .sessionEnded, .tooLarge, .timeout, .internal:
            true
        case .badMessage, .unknownType, .wrongState, .noSuchPlayer:
            false
        }
    }
}

extension WebSocketCloseCode {
    /// A newer connection with the same ticket has taken over.
    public static let replaced = WebSocketCloseCode(4001)
    /// The client has not read what it was sent, and more of it waited than may. It can come back.
    public static let slowReader = WebSocketCloseCode(4002)
}

/// Why a message of a client cannot be used, as it is told to the client.
public struct ClientMessageError: Error, Equatable, Sendable {
    public var code: ErrorCode
    public var message: String

    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}
