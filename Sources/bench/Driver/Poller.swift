import CLinux
import Glibc

/// One epoll descriptor and its buffer of events.
struct Poller: ~Copyable {
    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    init(eventsMax: Int = 512) throws(BenchError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .failure("epoll_create1: \(systemText(errno))") }
        events = .allocate(capacity: eventsMax)
        events.initialize(repeating: epoll_event())
    }

    deinit {
        close(descriptor)
        events.deallocate()
    }

    enum Interest {
        case reading
        case writing

        fileprivate var bits: UInt32 {
            switch self {
            case .reading: EPOLLIN.rawValue
            case .writing: EPOLLOUT.rawValue
            }
        }
    }

    /// Watches a descriptor; `token` comes back with each of its events.
    func add(_ watched: Int32, token: Int, _ interest: Interest) throws(BenchError) {
        try control(EPOLL_CTL_ADD, watched, token, interest)
    }

    func change(_ watched: Int32, token: Int, _ interest: Interest) throws(BenchError) {
        try control(EPOLL_CTL_MOD, watched, token, interest)
    }

    /// How many descriptors are ready after at most `timeoutMs`; 0 when a signal came first.
    @inline(__always)
    func wait(timeoutMs: Int32) throws(BenchError) -> Int {
        let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), timeoutMs)
        if count >= 0 { return Int(count) }
        if errno == EINTR { return 0 }
        throw .failure("epoll_wait: \(systemText(errno))")
    }

    /// The token of a ready descriptor.
    @inline(__always)
    func token(_ index: Int) -> Int { Int(truncatingIfNeeded: events[index].data.u64) }

    private func control(
        _ operation: Int32, _ watched: Int32, _ token: Int, _ interest: Interest
    ) throws(BenchError) {
        var event = epoll_event()
        event.events = interest.bits
        event.data.u64 = UInt64(truncatingIfNeeded: token)
        guard epoll_ctl(descriptor, operation, watched, &event) == 0 else {
            throw .failure("epoll_ctl: \(systemText(errno))")
        }
    }
}
