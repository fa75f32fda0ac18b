import SessionProtocol

/// What was found at start.
public struct JournalContents: Sendable {
    /// All that could be read, in the order of writing.
    public var records: [Message] = []
    /// Bytes of a last frame that had not been written whole, and where they began; they were cut off.
    public var tornBytes = 0
    public var tornAt = 0
    /// What could not be read, and was left out because the operator has accepted that.
    public var damaged: [Range<Int>] = []
    /// Where the damaged file is kept.
    public var damagedPath: String?
    /// There is none, although one had been made before.
    public var isMissing = false
    /// False when records may be lacking: it is missing or was damaged, now or at an earlier start that was not confirmed.
    public var isComplete = true

    public init() {}
}
