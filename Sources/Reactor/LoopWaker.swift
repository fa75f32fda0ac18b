import CLinux
import Glibc

/// Lets another thread begin a turn of a loop, by an eventfd. The one part of this module that threads may share.
public final class LoopWaker: Sendable {
    let descriptor: Int32

    init() throws(ReactorError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .system(operation: "eventfd", errno: errno) }
    }

    deinit { Socket.close(descriptor) }

    /// A turn begins soon. Many calls may bring about one turn; none is lost.
    public func wake() { _ = eventfd_write(descriptor, 1) }

    /// Makes the descriptor quiet again.
    func clear() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor, &count)
    }
}

extension EventLoop {
    /// The loop's one waker, by which other threads begin a turn. Only this call belongs to the loop's own thread.
    public func makeWaker() throws(ReactorError) -> LoopWaker {
        if let waker { return waker }
        let made = try LoopWaker()
        let code = poller.add(made.descriptor, .input, token: Token.waker)
        guard code == 0 else { throw .system(operation: "epoll_ctl", errno: code) }
        waker = made
        return made
    }
}
