import CLinux
import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct ConnectTests {
        @Test("a refused connect is told by closed, once, after the call")
        func refused() throws {
            let loop = try EventLoop()
            let listener = try loop.listen(at: anyPort, handler: Recorder())
            listener.close()
            let dialler = Recorder()
            let id = try loop.connect(to: listener.address, handler: dialler)
            #expect(dialler.events.isEmpty)
            #expect(try loop.turns { !dialler.events.isEmpty })
            try loop.turns(for: 20)
            #expect(dialler.events == [.closed(id, .connectFailed(ECONNREFUSED))])
            let missing = try loop.connect(to: .unix(path: temporaryPath("missing")), handler: dialler)
            #expect(try loop.turns { dialler.events.last == .closed(missing, .connectFailed(ENOENT)) })
            #expect(loop.counters.connectFailures == 2 && loop.counters.connections == 0)
        }

        @Test("a connect that nobody answers ends after its time")
        func timeout() throws {
            // A backlog that is full: the kernel drops further attempts without an answer.
            let full = socket(AF_INET, streamKind, 0)
            #expect(anyPort.withSystemAddress { bind(full, $0, $1) } == 0 && listen(full, 0) == 0)
            defer { close(full) }
            let address = try #require(Socket.localAddress(full))
            let loop = try EventLoop()
            let dialler = Recorder()
            for _ in 0..<4 { _ = try loop.connect(to: address, handler: dialler, timeoutMs: 60_000) }
            try loop.turns(for: 50)
            let start = Clock.bootMs()
            let id = try loop.connect(to: address, handler: dialler, timeoutMs: 1_000)
            loop.setDeadline(id, at: start + 40)
            #expect(try loop.turns(for: 20_000) { dialler.events.last == .closed(id, .connectFailed(ETIMEDOUT)) })
            #expect(Clock.bootMs() - start >= 1_000)
            #expect(dialler.events.contains(.deadline(id)), "the user's own deadline holds meanwhile")
        }

        @Test("the time for connecting ends with the connect; a deadline set meanwhile stays")
        func timeoutIsOver() throws {
            let loop = try EventLoop()
            let listener = try loop.listen(at: anyPort, handler: Recorder())
            let dialler = Recorder()
            let start = Clock.bootMs()
            let id = try loop.connect(to: listener.address, handler: dialler, timeoutMs: 600)
            loop.setDeadline(id, at: start + 900)
            #expect(try loop.turns { dialler.events == [.opened(id), .deadline(id)] })
            #expect(Clock.bootMs() >= start + 900)
            #expect(loop.wheel.count == 0)
        }

        @Test("a connect may be given up")
        func givenUp() throws {
            let loop = try EventLoop()
            let listener = try loop.listen(at: anyPort, handler: Recorder())
            let dialler = Recorder()
            let first = try loop.connect(to: listener.address, handler: dialler)
            loop.close(first)
            let second = try loop.connect(to: listener.address, handler: dialler)
            loop.abort(second)
            try loop.turns(for: 30)
            #expect(dialler.events == [.closed(first, .local), .closed(second, .local)])
        }

        @Test("a handler that dials again at once from closed does not hold up the turn")
        func redial() throws {
            let loop = try EventLoop()
            let dialler = Recorder()
            let nobody = SocketAddress.unix(path: temporaryPath("nobody"))
            dialler.onClosed = { _, _ in _ = try? loop.connect(to: nobody, handler: dialler) }
            _ = try loop.connect(to: nobody, handler: dialler)
            for _ in 0..<5 { try loop.runOnce(timeoutMs: 0) }
            #expect((5...10).contains(dialler.closings.count))
        }
    }

    @Suite struct RunTests {
        @Test("stop from inside a callback ends run after the turn, and what was sent leaves")
        func stop() throws {
            let loop = try EventLoop()
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            server.onReceived = { id, _ in
                _ = loop.send("goodbye", to: id)
                loop.stop()
            }
            let client = Client(listener.address)
            client.send("stop")
            try loop.run()
            usleep(10_000)
            client.read()
            #expect(client.text == "goodbye")
            server.onOpened = { id in
                loop.abort(id)
                loop.stop()
            }
            let other = Client(listener.address)
            try loop.run()
            #expect(server.closings == [.local], "run can be called again, and its closings are told")
            other.close()
        }

        @Test("signals arrive as input")
        func signals() throws {
            let loop = try EventLoop()
            let delegate = TurnRecorder()
            loop.delegate = delegate
            try loop.handleSignals([SIGUSR1])
            try loop.handleSignals([SIGUSR2])
            pthread_kill(pthread_self(), SIGUSR2)
            pthread_kill(pthread_self(), SIGUSR1)
            #expect(try loop.turns { delegate.signals.count == 2 })
            #expect(delegate.signals.sorted() == [SIGUSR1, SIGUSR2].sorted())
            #expect(throws: ReactorError.system(operation: "sigaddset", errno: EINVAL)) { try loop.handleSignals([999]) }
            pthread_kill(pthread_self(), SIGUSR1)
            #expect(try loop.turns { delegate.signals.count == 3 }, "a wrong number changes nothing")
        }

        @Test("a process that asked for SIGTERM is not killed by it")
        func sigterm() async {
            await #expect(processExitsWith: .exitCode(7)) {
                let loop = try EventLoop()
                let delegate = StopOnSignal(loop)
                loop.delegate = delegate
                try loop.handleSignals([SIGTERM, SIGINT])
                pthread_kill(pthread_self(), SIGTERM)
                try loop.run()
                exit(delegate.signal == SIGTERM ? 7 : 1)
            }
        }

        @Test("descriptors are given back when the loop goes")
        func descriptors() async {
            // In a process of its own, since other tests open some too; and often, since the test library has some of its own to open
            // and to close meanwhile, if only a few.
            await #expect(processExitsWith: .success) {
                let (before, rounds) = (descriptorsInUse(), 50)
                for _ in 0..<rounds {
                    let loop = try EventLoop()
                    _ = try loop.makeWaker()
                    try loop.handleSignals([SIGUSR1])
                    let server = Recorder()
                    let listener = try loop.listen(at: anyPort, handler: server)
                    let client = Client(listener.address)
                    let isOpened = try loop.turns { server.ids.count == 1 }
                    precondition(isOpened)
                    client.close()
                }
                precondition(descriptorsInUse() < before + rounds)
                exit(0)
            }
        }
    }

    @Suite struct ClockTests {
        @Test("the boot clock runs forward with real time")
        func boot() {
            let real = ContinuousClock()
            let began = real.now
            let first = Clock.bootMs()
            usleep(30_000)
            let ran = Clock.bootMs() - first
            let realMs = began.duration(to: real.now) / .milliseconds(1)
            // Whole milliseconds at both ends.
            #expect(ran >= 29 && Double(ran) <= realMs + 1)
        }

        @Test("the wall clock is that of the system")
        func unix() {
            #expect(abs(Int(Clock.unixMs() / 1000) - Glibc.time(nil)) <= 1)
        }

        @Test("random bytes are as many as asked for and differ")
        func randomness() {
            #expect(Randomness.bytes(0).isEmpty)
            #expect(Randomness.bytes(1000).count == 1000)
            #expect(Randomness.bytes(16) != Randomness.bytes(16))
            #expect(Randomness.word() != Randomness.word())
            // Each byte value is missing from 10,000 with a probability of 10^-17.
            #expect(Set(Randomness.bytes(10_000)).count == 256)
        }
    }
}

private func descriptorsInUse() -> Int {
    (0..<4096 as Range<Int32>).count { fcntl($0, F_GETFD) >= 0 }
}

private final class StopOnSignal: LoopDelegate {
    let loop: EventLoop
    var signal: Int32 = 0
    init(_ loop: EventLoop) { self.loop = loop }
    func turnBegan(now: UInt64) {}
    func turnEnded(now: UInt64) {}
    func signalled(_ signal: Int32) {
        self.signal = signal
        loop.stop()
    }
}
