import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct DeadlineTests {
        let loop: EventLoop
        let server = Recorder()
        let listener: Listener
        var clients: [Client] = []

        init() throws {
            loop = try EventLoop()
            listener = try loop.listen(at: anyPort, handler: server)
            for _ in 0..<5 { clients.append(Client(listener.address)) }
            let server = server
            #expect(try loop.turns { server.ids.count == 5 })
        }

        @Test("deadlines come in order, never early and soon")
        func order() throws {
            let wanted: [UInt64] = [190, 30, 110, 70, 150]
            var latest = Int.max
            // Soon as a rule: whatever else the machine does may hold up one time, but not every time.
            for _ in 0..<20 where latest > 100 {
                var times: [ConnectionID: UInt64] = [:]
                server.events = []
                server.onDeadline = { times[$0] = Clock.bootMs() }
                let (turns, deadlines) = (loop.counters.turns, loop.counters.deadlines)
                let start = Clock.bootMs()
                for (id, delay) in zip(server.ids, wanted) { loop.setDeadline(id, at: start + delay) }
                let end = start + 3_000
                while times.count < 5, Clock.bootMs() < end { try loop.runOnce(timeoutMs: -1) }
                let late = try zip(server.ids, wanted).map { id, delay in Int(try #require(times[id])) - Int(start + delay) }
                #expect(late.allSatisfy { $0 >= 0 })
                latest = late.max() ?? .max
                let order = server.events.compactMap { if case .deadline(let id) = $0 { id } else { nil } }
                #expect(order == zip(server.ids, wanted).sorted { $0.1 < $1.1 }.map(\.0))
                #expect(loop.counters.turns - turns <= 10, "it sleeps in between")
                #expect(loop.counters.deadlines - deadlines == 5)
            }
            #expect(latest <= 100)
        }

        @Test("a deadline that is moved or removed does not come at its old time")
        func moved() throws {
            let start = Clock.bootMs()
            let (first, second) = (server.ids[0], server.ids[1])
            var at: [UInt64] = []
            server.onDeadline = { _ in at.append(Clock.bootMs()) }
            loop.setDeadline(first, at: start + 20)
            loop.setDeadline(second, at: start + 20)
            loop.setDeadline(first, at: start + 150)
            loop.setDeadline(second, at: nil)
            #expect(try loop.turns { !at.isEmpty })
            try loop.turns(for: 50)
            #expect(loop.counters.deadlines == 1 && at.count == 1 && at[0] >= start + 150)
            #expect(server.events.last == .deadline(first))
        }

        @Test("a handler may set its deadline again, also to the past, without holding up the turn")
        func again() throws {
            var count = 0
            server.onDeadline = { id in
                count += 1
                if count < 5 { loop.setDeadline(id, at: 1) }
            }
            loop.setDeadline(server.ids[0], at: 1)
            #expect(try loop.turns { count == 5 })
            try loop.turns(for: 40)
            #expect(count == 5)
        }

        @Test("a handler moves another's deadline that is due in the same turn: it does not come")
        func movedWhileDue() throws {
            let start = Clock.bootMs()
            server.onDeadline = { id in
                for other in server.ids where other != id { loop.setDeadline(other, at: start + 60_000) }
            }
            for id in server.ids { loop.setDeadline(id, at: start + 10) }
            usleep(60_000)
            try loop.turns(for: 60)
            #expect(loop.counters.deadlines == 1)
        }

        @Test("after a stall: turnBegan, then deadlines, then input, then turnEnded")
        func deadlineBeforeInput() throws {
            let delegate = TurnRecorder()
            var order: [String] = []
            delegate.onBegan = { _ in order.append("began") }
            delegate.onEnded = { _ in order.append("ended") }
            server.onDeadline = { _ in order.append("deadline") }
            server.onReceived = { _, _ in order.append("input") }
            loop.delegate = delegate
            loop.setDeadline(server.ids[0], at: Clock.bootMs() + 5)
            clients[0].send("came in time, but the process stood still")
            clients[1].send("so did this")
            usleep(60_000)
            try loop.runOnce(timeoutMs: 0)
            #expect(order == ["began", "deadline", "input", "input", "ended"])
        }

        @Test("a connection that its deadline closes receives nothing that waits")
        func deadlineCloses() throws {
            server.onDeadline = { loop.abort($0) }
            loop.setDeadline(server.ids[0], at: Clock.bootMs() + 5)
            clients[0].send("too late")
            usleep(60_000)
            #expect(try loop.turns { server.closings == [.local] })
            #expect(server.text == "")
        }

        @Test("the loop's own wake-up comes at its time, once")
        func wake() throws {
            let delegate = TurnRecorder()
            var began: [UInt64] = []
            delegate.onBegan = { began.append($0) }
            loop.delegate = delegate
            let start = Clock.bootMs()
            loop.wake(at: start + 80)
            try loop.runOnce(timeoutMs: -1)
            // Without it the loop would sleep for a second.
            #expect(began.count == 1 && (start + 80...start + 900).contains(began[0]))
            #expect(loop.now == began[0])
            try loop.runOnce(timeoutMs: 50)
            #expect(began[1] >= began[0] + 49)
            loop.wake(at: start)
            try loop.runOnce(timeoutMs: 1000)
            #expect(began[2] < began[1] + 900, "a time in the past means at once")
            loop.wake(at: Clock.bootMs() + 10)
            loop.wake(at: nil)
            try loop.runOnce(timeoutMs: 60)
            #expect(began[3] >= began[2] + 59)
        }

        @Test("a thousand deadlines far ahead cost no turns")
        func farAhead() throws {
            let start = Clock.bootMs()
            for (index, id) in server.ids.enumerated() { loop.setDeadline(id, at: start + 60_000 + UInt64(index) * 1000) }
            let turns = loop.counters.turns
            while Clock.bootMs() < start + 300 { try loop.runOnce(timeoutMs: 300) }
            #expect(loop.counters.turns - turns <= 3)
        }
    }
}
