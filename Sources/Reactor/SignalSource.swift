import CLinux
import Glibc

/// Signals as input of the loop, by signalfd. They stay blocked for the thread, also after the source is gone.
@safe final class SignalSource {
    let descriptor: Int32

    init(_ signals: [Int32]) throws(ReactorError) {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals {
            guard unsafe sigaddset(&set, signal) == 0 else { throw .system(operation: "sigaddset", errno: errno) }
        }
        let code = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        guard code == 0 else { throw .system(operation: "pthread_sigmask", errno: code) }
        descriptor = unsafe signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard descriptor >= 0 else { throw .system(operation: "signalfd", errno: errno) }
    }

    deinit { Socket.close(descriptor) }

    /// The next signal that came, if any.
    func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while true {
            let count = unsafe read(descriptor, &info, size)
            if count == size { return Int32(truncatingIfNeeded: info.ssi_signo) }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }
}
