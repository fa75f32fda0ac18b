/// How a binary message of a game is carried (design: "The client protocol").
public enum PlayFrameKind: UInt8, Sendable {
    /// All arrive, in the sender's order; replayed after a reconnection.
    case ordered = 0
    /// Only the latest matters: an older one may be dropped for it.
    case latest = 1
    /// An input on the way up, the bundle of a tick on the way down.
    case tick = 2
}

/// The two bytes in front of every binary message: the kind, and the player it is for (up) or from (down).
public struct PlayFrameHeader: Equatable, Sendable {
    public static let byteCount = 2
    /// The address of all other players.
    public static let everyone: UInt8 = 255

    public var kind: PlayFrameKind
    public var address: UInt8

    public init(kind: PlayFrameKind, address: UInt8) {
        self.kind = kind
        self.address = address
    }

    /// Reads the header of `message`; the payload is the rest.
    /// - Throws: `bad_message`, which is not fatal, when it is too short or of an unknown kind.
    public init(_ message: Span<UInt8>) throws(ClientMessageError) {
        guard message.count >= Self.byteCount else {
            throw ClientMessageError(.badMessage, "a binary message begins with a kind and an address")
        }
        guard let kind = PlayFrameKind(rawValue: message[0]) else {
            throw ClientMessageError(.badMessage, "unknown kind of binary message")
        }
        self.kind = kind
        address = message[1]
    }

    public func append(to bytes: inout [UInt8]) {
        bytes.append(kind.rawValue)
        bytes.append(address)
    }
}
