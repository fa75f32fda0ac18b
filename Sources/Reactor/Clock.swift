import CLinux
import Glibc

/// The two clocks of the project.
public enum Clock {
    /// Milliseconds of CLOCK_BOOTTIME: never set back, and it runs on while the machine is suspended.
    /// Every deadline counts on it.
    public static func bootMs() -> UInt64 { readMs(CLOCK_BOOTTIME) }

    /// Milliseconds since 1970 in UTC. For what people and tokens read; never for a deadline, since it can be set back.
    public static func unixMs() -> UInt64 { readMs(CLOCK_REALTIME) }

    /// Microseconds of the clock of `bootMs`, for what is measured and not waited for.
    public static func bootUs() -> UInt64 {
        var time = timespec()
        let result = unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        precondition(result == 0, "the kernel lacks CLOCK_BOOTTIME")
        return UInt64(max(0, time.tv_sec)) &* 1_000_000 &+ UInt64(max(0, time.tv_nsec)) / 1000
    }

    private static func readMs(_ clock: Int32) -> UInt64 {
        var time = timespec()
        let result = unsafe clock_gettime(clock, &time)
        precondition(result == 0, "the kernel lacks clock \(clock)")
        // A wall clock set before 1970 counts as 1970.
        return UInt64(max(0, time.tv_sec)) &* 1000 &+ UInt64(max(0, time.tv_nsec)) / 1_000_000
    }
}

/// Random bytes of the kernel, good for tickets and keys.
public enum Randomness {
    /// `count` fresh random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
            initialized = count
        }
    }

    /// 64 fresh random bits.
    public static func word() -> UInt64 {
        var word: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &word) { unsafe fill($0) }
        return word
    }

    private static func fill(_ target: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < target.count {
            let got = unsafe getrandom(target.baseAddress! + filled, target.count - filled, 0)
            // Without random numbers there are no tickets: a server that went on would be open to everyone.
            precondition(got > 0 || errno == EINTR, "getrandom failed: \(errno)")
            filled += max(0, got)
        }
    }
}
