import CAllocations

/// Counts allocations of this process.
enum Allocations {
    /// How many a piece of work makes, on this thread and with no other at work.
    static func counted(_ work: () -> Void) -> Int {
        allocations_begin()
        work()
        return Int(allocations_end())
    }

    /// Whether what is allocated is seen here; a sanitizer, for one, has its own ways.
    static var areSeen: Bool {
        counted { Probe.newest = Probe() } > 0
    }

    /// Bytes allocated by this process at present, what its tables hold in reserve included.
    static var bytes: Int { Int(allocations_bytes()) }

    private final class Probe {
        nonisolated(unsafe) static var newest: Probe?
    }
}
