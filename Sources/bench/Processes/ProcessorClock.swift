import Glibc

/// The CPU time that a process has used, user and system, all its threads, in nanoseconds.
struct ProcessorClock {
    private let clock: clockid_t

    static let ownProcess = ProcessorClock(clock: CLOCK_PROCESS_CPUTIME_ID)

    private init(clock: clockid_t) { self.clock = clock }

    /// The clock of a running process.
    init(processID: pid_t) throws(BenchError) {
        var clock = clockid_t()
        let status = clock_getcpuclockid(processID, &clock)
        guard status == 0 else { throw .failure("no CPU clock of process \(processID): \(systemText(status))") }
        self.clock = clock
    }

    func readNs() throws(BenchError) -> UInt64 {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { throw .failure("cannot read a CPU clock: \(systemText(errno))") }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
