/// What one HTTP request may take. All are checked while it arrives, so that nothing beyond them is ever stored.
public struct HTTPLimits: Sendable {
    /// The request line with its line end; over it the answer is 414.
    public var requestLineBytesMax = 4096
    /// The request target; over it the answer is 414.
    public var targetBytesMax = 2048
    /// All header lines together, with their line ends; over it the answer is 431.
    public var headerBytesMax = 16_384
    /// Header lines; over it the answer is 431.
    public var headerCountMax = 100
    /// The body; over it the answer is 413, as soon as the length is announced. Zero refuses every body.
    public var bodyBytesMax = 0

    public init() {}
}
