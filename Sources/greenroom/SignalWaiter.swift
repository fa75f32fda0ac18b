import Glibc

/// Signals that are waited for instead of handled.
final class SignalWaiter {
    private var set = sigset_t()

    init(_ signals: [Int32]) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// The next signal; nil when none came in time.
    func wait(timeoutMs: Int?) -> Int32? {
        guard let timeoutMs else {
            var signal: Int32 = 0
            return sigwait(&set, &signal) == 0 ? signal : nil
        }
        var timeout = timespec(tv_sec: timeoutMs / 1000, tv_nsec: timeoutMs % 1000 * 1_000_000)
        let signal = sigtimedwait(&set, nil, &timeout)
        return signal > 0 ? signal : nil
    }
}
