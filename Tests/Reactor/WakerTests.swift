import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct WakerTests {
        @Test("another thread ends the loop's sleep, and many calls bring about few turns")
        func wake() throws {
            var limits = ReactorLimits()
            limits.sleepMsMax = 30_000
            let loop = try EventLoop(limits: limits)
            let waker = try loop.makeWaker()
            try loop.turns(for: 5)
            let start = Clock.bootMs()
            let thread = try Waking(waker, calls: 1000)
            try loop.runOnce(timeoutMs: 30_000)
            #expect(Clock.bootMs() - start < 15_000)
            thread.join()
            let turns = loop.counters.turns
            try loop.runOnce(timeoutMs: 0)
            // What has been heard is over: the loop sleeps again.
            let again = Clock.bootMs()
            try loop.runOnce(timeoutMs: 50)
            #expect(Clock.bootMs() - again >= 45 && loop.counters.turns == turns + 2)
        }

        @Test("a loop has one waker, which may outlive it")
        func one() throws {
            let waker: LoopWaker
            do {
                let loop = try EventLoop()
                waker = try loop.makeWaker()
                #expect(try loop.makeWaker() === waker)
            }
            waker.wake()
        }
    }
}

/// A thread that wakes a loop.
private final class Waking {
    private var thread = pthread_t()

    init(_ waker: LoopWaker, calls: Int) throws {
        final class Work {
            let (waker, calls): (LoopWaker, Int)
            init(_ waker: LoopWaker, _ calls: Int) { (self.waker, self.calls) = (waker, calls) }
        }
        let work = Unmanaged.passRetained(Work(waker, calls)).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                usleep(20_000)
                for _ in 0..<work.calls { work.waker.wake() }
                return nil
            }, work)
        try #require(code == 0)
    }

    func join() { pthread_join(thread, nil) }
}
