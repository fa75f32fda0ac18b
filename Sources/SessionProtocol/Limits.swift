/// Every bound of the session protocol, in one place. Both sides assert them: at encode and at decode.
public enum ProtocolLimits {
    /// The greatest length field of a frame: header rest and body, in bytes.
    public static let frameBytesMax = 512 * 1024
    /// The most players of one session; index 255 means "all others" in play.
    public static let playersMax = 255
    /// UTF-8 bytes of a subject's name.
    public static let subjectBytesMax = 128
    /// UTF-8 bytes of a scene's name.
    public static let sceneBytesMax = 64
    /// UTF-8 bytes of a node's name.
    public static let nodeBytesMax = 64
    /// UTF-8 bytes of a coordinator's public address.
    public static let urlBytesMax = 512
    /// UTF-8 bytes of a signed `resume`.
    public static let resumeBytesMax = 512
    /// Sessions that a place releases from; of more the newest are named.
    public static let resumeReleasesMax = 4
    /// UTF-8 bytes of one player's result, as JSON.
    public static let resultBytesMax = 1024
    /// UTF-8 bytes of a scene's ICE servers, as JSON.
    public static let iceServersBytesMax = 4096
    /// UTF-8 bytes of one completion code.
    public static let completionCodeBytesMax = 128
    /// UTF-8 bytes of a treatment's name.
    public static let treatmentBytesMax = 64
    /// UTF-8 bytes of a role's name.
    public static let roleBytesMax = 64
    /// Bytes of all extensions of one message that its reader does not know.
    public static let unknownExtensionsBytesMax = 16_384
    /// Pairs of an outcome whose round trip is told: all of 16 players.
    public static let measuredPairsMax = 120
    /// The longest round trip of a pair that is told, in microseconds.
    public static let roundTripUsMax: UInt32 = 60_000_000
    /// UTF-8 bytes of what is said of a player's loss: what 255 of them take still fits an extension.
    public static let lossTextBytesMax = 240
    /// UTF-8 bytes of the detail of a `reject`.
    public static let detailBytesMax = 256
    /// Bytes of one message of play, header included, whichever way it goes.
    public static let playMessageBytesMax = 65_536
    /// Pairs of players named in an outcome because they could not reach each other.
    public static let failedPairsMax = 1024
}
