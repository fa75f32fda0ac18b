import Glibc
import Synchronization

/// One thread of the relay load: keeps its players' messages in flight until told to stop.
///
/// `@unchecked` because the thread owns all that is not atomic from `start` until `join` has returned.
final class RelayWorker: @unchecked Sendable {
    /// Without any message for so long the server has lost one.
    private static let stallNs: UInt64 = 3_000_000_000

    private let seats: [RelaySeat]
    private let poller: Poller
    private let idleMs: Int32
    private let stopping = Atomic<Bool>(false)
    private let recording = Atomic<Bool>(false)
    private let deliveredCount = Atomic<Int>(0)
    private let failed = Atomic<Bool>(false)
    private var thread: pthread_t?
    private var failure: BenchError?
    /// Round trips completed while recording.
    private(set) var roundTrips = LatencyHistogram()

    /// Spinning, the worker never sleeps, so that the server does not pay for waking it: clients on other machines
    /// would not cost it that either.
    init(seats: [RelaySeat], spinning: Bool) throws(BenchError) {
        self.seats = seats
        idleMs = spinning ? 0 : 50
        poller = try Poller()
        for (index, seat) in seats.enumerated() { try poller.add(seat.client.descriptor, token: index, .reading) }
    }

    /// Messages that have arrived at their receivers since the start.
    var delivered: Int { deliveredCount.load(ordering: .relaxed) }
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    func record(_ on: Bool) { recording.store(on, ordering: .relaxed) }

    func start() throws(BenchError) {
        var created = pthread_t()
        let status = pthread_create(
            &created, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<RelayWorker>.fromOpaque(context).takeRetainedValue().threadMain()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard status == 0 else { throw .failure("cannot start a driver thread: \(systemText(status))") }
        thread = created
    }

    /// Stops the thread, waits for it and says why it failed, if it did. Again is the same as once.
    func join() throws(BenchError) {
        stopping.store(true, ordering: .relaxed)
        if let thread {
            pthread_join(thread, nil)
            for seat in seats { seat.release() }
        }
        thread = nil
        if let failure { throw failure }
    }

    private func threadMain() {
        do {
            try relay()
        } catch {
            failure = error
            failed.store(true, ordering: .releasing)
        }
    }

    private func relay() throws(BenchError) {
        var lastProgressNs = nowNs()
        var delivered = 0
        for seat in seats {
            try seat.sendBurst(atNs: lastProgressNs)
            delivered += try seat.takeMessages()
        }
        while !stopping.load(ordering: .relaxed) {
            let ready = try poller.wait(timeoutMs: idleMs)
            let recordsNow = recording.load(ordering: .relaxed)
            let before = delivered
            for event in 0..<ready {
                let seat = seats[poller.token(event)]
                delivered += try seat.receive()
                guard seat.advance() else { continue }
                let now = nowNs()
                if recordsNow, let elapsed = seat.roundTripNs(now) { roundTrips.add(elapsed) }
                try seat.sendBurst(atNs: now)
            }
            deliveredCount.store(delivered, ordering: .relaxed)
            if delivered != before {
                lastProgressNs = nowNs()
            } else if nowNs() - lastProgressNs > RelayWorker.stallNs {
                throw .failure("no message arrived for \(RelayWorker.stallNs / 1_000_000_000) s: the server lost some")
            }
        }
    }
}
