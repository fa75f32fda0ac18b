import Glibc

/// The terminal from which this process was started, if it was.
struct Terminal {
    private let wasThere = Terminal.isThere

    /// It has closed since.
    var isGone: Bool { wasThere && !Terminal.isThere }

    private static var isThere: Bool {
        let descriptor = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }
}
