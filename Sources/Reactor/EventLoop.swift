import CLinux
import Glibc

/// One epoll loop for one thread: listeners, connections, their deadlines and signals.
///
/// A turn is: sleep; `turnBegan`; deadlines of connections; input; `turnEnded`; one send for each connection that was sent to.
/// Nothing here is shared between threads. Handlers and the delegate are held strongly.
public final class EventLoop {
    public let limits: ReactorLimits
    /// Hears of turns and signals.
    public var delegate: (any LoopDelegate)?
    /// Milliseconds of CLOCK_BOOTTIME, read once a turn.
    public private(set) var now: UInt64
    /// What the loop has done and holds.
    public var counters: ReactorCounters {
        var all = tally
        all.outboundBytesHeld = pool.heldBytes
        return all
    }

    let poller: Poller
    let pool: BufferPool
    let receiveBuffer: ReceiveBuffer
    let connections: ConnectionTable
    var freeSlots = ContiguousArray<UInt32>()
    var wheel: DeadlineWheel
    var listeners = ContiguousArray<Listener?>()
    var listenerSerial: UInt32 = 0
    var tally = ReactorCounters()
    /// To be flushed at the end of the turn.
    @exclusivity(unchecked) var dirty = ContiguousArray<ConnectionID>()
    /// To be read from in the next turn although no event will come.
    var readAgain = ContiguousArray<ConnectionID>()
    /// What handlers must still be told. Never from inside their own calls to the loop.
    var notices = ContiguousArray<Notice>()
    var spareIDs = ContiguousArray<ConnectionID>()
    var refusalsLingering = 0
    /// A descriptor to give up when all are in use, so that a waiting peer can be accepted and turned away.
    var reserve: Int32

    private var signals: SignalSource?
    var waker: LoopWaker?
    private var wantedSignals: [Int32] = []
    private var wakeAt: UInt64?
    private var isInTurn = false
    private var isStopping = false

    enum Notice {
        case closed(ConnectionID, ConnectionCloseReason)
        case drained(ConnectionID)
    }

    /// What an event's user data says, beside connections: their slots stay below.
    enum Token {
        static let listener: UInt32 = 0x8000_0000
        static let signals = UInt64(UInt32.max)
        static let waker = UInt64(UInt32.max) - 1
    }

    /// Throws when the kernel gives no epoll instance.
    public init(limits: ReactorLimits = .init()) throws(ReactorError) {
        precondition((1...Int(Token.listener)).contains(limits.connectionsMax))
        precondition((1...1 << 30).contains(limits.outboundBytesMax))
        self.limits = limits
        // Refused connections have slots too while they linger.
        connections = ConnectionTable(capacity: limits.connectionsMax + limits.refusalsLingeringMax + 1)
        poller = try Poller(eventsMax: limits.eventsPerTurnMax)
        pool = BufferPool(heldBytesMax: limits.outboundBytesTotalMax, retainedBytesMax: limits.outboundBytesRetainedMax)
        receiveBuffer = ReceiveBuffer(capacity: limits.receiveBufferBytes)
        now = Clock.bootMs()
        wheel = DeadlineWheel(now: now)
        reserve = Self.openReserve()
    }

    deinit {
        for index in connections.indices {
            if connections[index].descriptor >= 0 { Socket.close(connections[index].descriptor) }
            connections[index].outbound.release(to: pool)
        }
        if reserve >= 0 { Socket.close(reserve) }
    }

    /// Runs turns until `stop`. Queued bytes of the last turn are flushed and its `closed` calls made; connections stay open.
    public func run() throws(ReactorError) {
        while !isStopping { try runOnce(timeoutMs: -1) }
        isStopping = false
        isInTurn = true
        defer { isInTurn = false }
        deliverNotices()
        flushDirty()
    }

    /// Ends `run` after the current turn. May be called from anywhere inside it.
    public func stop() { isStopping = true }

    /// Runs one turn and sleeps for at most `timeoutMs` before it (negative: until something happens, or `sleepMsMax`).
    public func runOnce(timeoutMs: Int) throws(ReactorError) {
        precondition(!isInTurn, "a turn cannot be run from inside a turn")
        isInTurn = true
        defer { isInTurn = false }
        let ready = try poller.wait(timeoutMs: sleepMs(atMost: timeoutMs))
        now = Clock.bootMs()
        tally.turns += 1
        if let wake = wakeAt, wake <= now { wakeAt = nil }
        delegate?.turnBegan(now: now)
        expireDeadlines()
        deliverNotices()
        // What was left over comes first, so that it is not read twice in the turn in which it was left.
        readAgainWhereMoreWaits()
        for index in 0..<ready { handle(poller.event(index)) }
        deliverNotices()
        delegate?.turnEnded(now: now)
        flushDirty()
    }

    /// A turn begins at this time or just after it, even if nothing happens. There is one such time: a call replaces the last, nil
    /// removes it, and it is used up when it comes.
    public func wake(at time: UInt64?) { wakeAt = time }

    /// From now on these signals come to `signalled` and do nothing else. Call it before any thread is started. Calls add up.
    public func handleSignals(_ signals: [Int32]) throws(ReactorError) {
        let all = wantedSignals + signals
        let source = try SignalSource(all)
        let code = poller.add(source.descriptor, .input, token: Token.signals)
        guard code == 0 else { throw .system(operation: "epoll_ctl", errno: code) }
        self.signals = source
        wantedSignals = all
    }

    private func sleepMs(atMost wanted: Int) -> Int32 {
        if wanted == 0 || isStopping || !notices.isEmpty || !readAgain.isEmpty || (unsafe !dirty.isEmpty) { return 0 }
        var sleep = UInt64(limits.sleepMsMax)
        if wanted > 0 { sleep = min(sleep, UInt64(wanted)) }
        var next = wakeAt ?? .max
        if let deadline = wheel.nextMs { next = min(next, deadline) }
        for listener in listeners { next = min(next, listener?.pausedUntil ?? .max) }
        if next != .max {
            let current = Clock.bootMs()
            sleep = min(sleep, next > current ? next - current : 0)
        }
        return Int32(truncatingIfNeeded: min(sleep, UInt64(Int32.max)))
    }

    private func handle(_ event: (token: UInt64, ready: Readiness)) {
        if event.token == Token.signals {
            while let signal = signals?.next() { delegate?.signalled(signal) }
        } else if event.token == Token.waker {
            waker?.clear()
        } else if event.token & UInt64(Token.listener) != 0 {
            let index = Int(event.token & UInt64(Token.listener - 1))
            guard index < listeners.count, let listener = listeners[index], listener.token == event.token else { return }
            acceptWaiting(listener)
        } else {
            handle(event.ready, of: ConnectionID(rawValue: event.token))
        }
    }

    private func expireDeadlines() {
        for listener in listeners {
            if let listener, let until = listener.pausedUntil, until <= now { resumeAccepting(listener) }
        }
        while let index = wheel.popDue(now: now) { deadlineCame(index) }
    }

    /// Tells handlers what is over. What their answers bring about waits for the next round, so that this one ends.
    private func deliverNotices() {
        let count = notices.count
        guard count > 0 else { return }
        for index in 0..<count {
            switch notices[index] {
            case .closed(let id, let reason):
                let handler = connections[id.index].handler
                free(id)
                handler?.closed(id, reason: reason)
            case .drained(let id):
                guard let index = usable(id), connections[index].outbound.isEmpty,
                    connections[index].marks.contains(.backpressure)
                else { continue }
                connections[index].marks.remove(.backpressure)
                connections[index].handler?.drained(id)
            }
        }
        notices.removeFirst(count)
    }

    static func openReserve() -> Int32 { unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
