/// A point in time as the shells hand it to a core: never read by the core itself.
public struct Moment: Hashable, Sendable {
    /// Milliseconds of a clock that runs on through a suspend (CLOCK_BOOTTIME): deadlines and leases count in it.
    public var bootMs: UInt64
    /// Milliseconds since 1970 in UTC: only for what outlives the process, such as outcomes and signed places.
    public var unixMs: UInt64

    public init(bootMs: UInt64, unixMs: UInt64) {
        self.bootMs = bootMs
        self.unixMs = unixMs
    }
}
