/// How long the parts of a client's message may be, in bytes of UTF-8. A part over its limit is a `bad_message`.
public struct ClientMessageLimits: Sendable {
    /// The whole message; over it, `too_large`.
    public var messageBytesMax = 65_536
    public var sceneBytesMax = 64
    public var subjectBytesMax = 128
    public var sessionBytesMax = 64
    public var tokenBytesMax = 4096
    public var attributesBytesMax = 4096
    public var resumeBytesMax = 1024
    public var partyBytesMax = 1024
    public var partyCodeBytesMax = 64
    public var partySizeMax = 255
    public var ticketBytesMax = 1024
    public var signalBytesMax = 32_768
    public var barrierBytesMax = 64
    public var detailBytesMax = 256
    public var reasonBytesMax = 64
    /// The highest player index that a message may name; 255 is everyone's address.
    public var playerMax = 254

    public init() {}
}
