import Glibc
import Synchronization

/// The monotonic clock, in nanoseconds.
@inline(__always)
func nowNs() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// Sleeps for `ms`, or less when a signal comes.
func pause(ms: Int) {
    var time = timespec(tv_sec: ms / 1000, tv_nsec: (ms % 1000) * 1_000_000)
    nanosleep(&time, nil)
}

/// The text of an error number.
func systemText(_ number: Int32) -> String {
    String(cString: strerror(number))
}

/// Remembers SIGINT and SIGTERM, so that a run unwinds and takes its children along.
enum Interrupt {
    private static let seen = Atomic<Bool>(false)

    static func install() {
        seen.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interrupt.seen.store(true, ordering: .relaxed) }
        }
    }

    static var happened: Bool { seen.load(ordering: .relaxed) }

    /// Throws `interrupted` once a signal has come.
    static func check() throws(BenchError) {
        if happened { throw .interrupted }
    }
}

enum Limits {
    /// Lifts the soft limit of open files to the hard one and returns it: a burst holds a socket a subject.
    @discardableResult
    static func raiseOpenFiles() throws(BenchError) -> Int {
        var limit = rlimit()
        let which = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(which, &limit) == 0 else { throw .failure("getrlimit: \(systemText(errno))") }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            guard setrlimit(which, &limit) == 0 else { throw .failure("setrlimit: \(systemText(errno))") }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
