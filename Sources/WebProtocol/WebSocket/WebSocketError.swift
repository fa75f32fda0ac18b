/// How a peer broke RFC 6455. The connection fails: send a close frame with `closeCode`, then close.
public enum WebSocketError: Error, Equatable, Sendable {
    case reservedBits
    case reservedOpcode
    case unmasked
    /// A length written with more bytes than it needs.
    case lengthNotMinimal
    /// A 64-bit length with its top bit set.
    case lengthOverflow
    case controlTooLong
    case controlFragmented
    /// A continuation frame without a message to continue.
    case unexpectedContinuation
    /// A new message before the last one has ended.
    case expectedContinuation
    case closePayload
    case closeCode
    case invalidUTF8
    case messageTooLong
    case tooManyFrames

    public var closeCode: WebSocketCloseCode {
        switch self {
        case .reservedBits, .reservedOpcode, .unmasked, .lengthNotMinimal, .lengthOverflow, .controlTooLong,
            .controlFragmented, .unexpectedContinuation, .expectedContinuation, .closePayload, .closeCode:
            .protocolError
        case .invalidUTF8: .invalidPayload
        case .messageTooLong, .tooManyFrames: .messageTooBig
        }
    }

    /// A few words for the close frame and the log; at most 123 bytes.
    public var explanation: String {
        switch self {
        case .reservedBits: "reserved bits are set"
        case .reservedOpcode: "reserved opcode"
        case .unmasked: "client frames must be masked"
        case .lengthNotMinimal: "the length is not in its shortest form"
        case .lengthOverflow: "the length has its top bit set"
        case .controlTooLong: "a control frame is longer than 125 bytes"
        case .controlFragmented: "a control frame is fragmented"
        case .unexpectedContinuation: "there is no message to continue"
        case .expectedContinuation: "the last message has not ended"
        case .closePayload: "a close payload of one byte"
        case .closeCode: "an invalid close code"
        case .invalidUTF8: "invalid UTF-8"
        case .messageTooLong: "the message is too long"
        case .tooManyFrames: "the message has too many frames"
        }
    }
}

/// A close code (RFC 6455, section 7.4, and the IANA registry).
public struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    public static let normal = WebSocketCloseCode(1000)
    public static let goingAway = WebSocketCloseCode(1001)
    public static let protocolError = WebSocketCloseCode(1002)
    public static let unsupportedData = WebSocketCloseCode(1003)
    public static let invalidPayload = WebSocketCloseCode(1007)
    public static let policyViolation = WebSocketCloseCode(1008)
    public static let messageTooBig = WebSocketCloseCode(1009)
    public static let internalError = WebSocketCloseCode(1011)
    public static let tryAgainLater = WebSocketCloseCode(1013)

    /// Whether the code may stand in a close frame: registered ones but 1004 to 1006 and 1015, which never travel, and
    /// those left to libraries and applications.
    public var mayBeSent: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
