import CLinux
import Glibc

/// What is ready, and what to wait for: epoll's bits.
struct Readiness: OptionSet {
    let rawValue: UInt32
    static var input: Self { Self(rawValue: EPOLLIN.rawValue) }
    static var output: Self { Self(rawValue: EPOLLOUT.rawValue) }
    static var peerFinished: Self { Self(rawValue: EPOLLRDHUP.rawValue) }
    static var error: Self { Self(rawValue: EPOLLERR.rawValue) }
    static var hangUp: Self { Self(rawValue: EPOLLHUP.rawValue) }
    static var edges: Self { Self(rawValue: EPOLLET.rawValue) }
}

/// One epoll instance and the events of the current turn.
@safe final class Poller {
    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    init(eventsMax: Int) throws(ReactorError) {
        precondition(eventsMax > 0)
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .system(operation: "epoll_create1", errno: errno) }
        unsafe events = .allocate(capacity: eventsMax)
        unsafe events.initialize(repeating: epoll_event())
    }

    deinit {
        Socket.close(descriptor)
        unsafe events.deallocate()
    }

    /// 0, or the errno code.
    func add(_ socket: Int32, _ interest: Readiness, token: UInt64) -> Int32 {
        control(EPOLL_CTL_ADD, socket, interest, token)
    }

    func modify(_ socket: Int32, _ interest: Readiness, token: UInt64) -> Int32 {
        control(EPOLL_CTL_MOD, socket, interest, token)
    }

    func remove(_ socket: Int32) {
        _ = control(EPOLL_CTL_DEL, socket, [], 0)
    }

    private func control(_ operation: Int32, _ socket: Int32, _ interest: Readiness, _ token: UInt64) -> Int32 {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = token
        return unsafe epoll_ctl(descriptor, operation, socket, &event) == 0 ? 0 : errno
    }

    /// Sleeps until something is ready; negative waits for ever. The number of events; none when a signal came.
    func wait(timeoutMs: Int32) throws(ReactorError) -> Int {
        let count = unsafe epoll_wait(descriptor, events.baseAddress, Int32(events.count), timeoutMs)
        if count >= 0 { return Int(count) }
        guard errno == EINTR else { throw .system(operation: "epoll_wait", errno: errno) }
        return 0
    }

    /// Event number `index` of the last `wait`.
    func event(_ index: Int) -> (token: UInt64, ready: Readiness) {
        precondition(unsafe index < events.count)
        let event = unsafe events[index]
        return unsafe (event.data.u64, Readiness(rawValue: event.events))
    }
}
