import CLinux
import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct AcceptTests {
        @Test("over the limit a connection gets the refusal and an end; a place that is freed can be used again")
        func limit() throws {
            let loop = try EventLoop()
            let server = Recorder()
            var limits = ListenerLimits()
            limits.connectionsMax = 2
            limits.refusal = Array("HTTP/1.1 503 Service Unavailable\r\n\r\n".utf8)
            let listener = try loop.listen(at: anyPort, handler: server, limits: limits)
            let clients = (0..<3).map { _ in Client(listener.address) }
            clients[2].send("GET / HTTP/1.1\r\n\r\n")
            #expect(try loop.turns { clients[2].read(); return clients[2].sawEnd })
            #expect(clients[2].received == limits.refusal && clients[2].error == 0)
            #expect(server.ids.count == 2 && listener.connections == 2)
            #expect(loop.counters.refused == 1 && loop.counters.accepted == 2)
            clients[2].close()
            clients[0].close()
            #expect(try loop.turns { loop.counters.connections == 1 })
            #expect(server.closings == [.peerClosed], "nobody hears of a refused connection")
            let next = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 3 })
            next.close()
        }

        @Test("refused connections that do not end are kept only in small number and for a short time")
        func refusalsAreBounded() throws {
            var loopLimits = ReactorLimits()
            loopLimits.refusalsLingeringMax = 3
            loopLimits.closeTimeoutMs = 1_000
            let loop = try EventLoop(limits: loopLimits)
            var limits = ListenerLimits()
            limits.connectionsMax = 0
            limits.refusal = [1, 2, 3]
            let listener = try loop.listen(at: anyPort, handler: Recorder(), limits: limits)
            let clients = (0..<10).map { _ in Client(listener.address) }
            #expect(try loop.turns { loop.counters.refused == 10 })
            #expect(loop.counters.connections == 3)
            #expect(try loop.turns { clients.forEach { $0.read() }; return clients.allSatisfy { $0.sawEnd } })
            #expect(clients.allSatisfy { $0.received == [1, 2, 3] })
            #expect(try loop.turns { loop.counters.connections == 0 })
            #expect(loop.counters.closed == 0)
        }

        @Test("the loop's own limit holds for accepted and dialled connections together")
        func loopLimit() throws {
            var limits = ReactorLimits()
            limits.connectionsMax = 2
            let loop = try EventLoop(limits: limits)
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            _ = try loop.connect(to: listener.address, handler: Recorder())
            #expect(try loop.turns { server.ids.count == 1 })
            #expect(throws: ReactorError.connectionsFull) { try loop.connect(to: listener.address, handler: Recorder()) }
            let client = Client(listener.address)
            #expect(try loop.turns { client.read(); return client.sawEnd || client.error != 0 })
            #expect(loop.counters.refused == 1)
        }

        @Test("accepts of one turn are bounded, and none is lost")
        func acceptsPerTurn() throws {
            let loop = try EventLoop()
            let server = Recorder()
            var limits = ListenerLimits()
            limits.acceptsPerTurnMax = 7
            let listener = try loop.listen(at: anyPort, handler: server, limits: limits)
            let clients = (0..<50).map { _ in Client(listener.address) }
            try loop.runOnce(timeoutMs: 100)
            #expect(server.ids.count == 7)
            #expect(try loop.turns { server.ids.count == 50 })
            withExtendedLifetime(clients) {}
        }

        @Test("accepted sockets send small messages at once and are closed on exec")
        func options() throws {
            let loop = try EventLoop()
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            let client = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 1 })
            let descriptor = loop.connections[server.ids[0].index].descriptor
            var value: Int32 = 0
            var length = socklen_t(4)
            getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length)
            #expect(value == 1)
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
            client.close()
        }

        @Test("a port that is taken is a clear error, and can be taken again after close")
        func portInUse() throws {
            let loop = try EventLoop()
            let listener = try loop.listen(at: anyPort, handler: Recorder())
            #expect(throws: ReactorError.addressInUse(listener.address)) {
                try loop.listen(at: listener.address, handler: Recorder())
            }
            listener.close()
            try loop.listen(at: listener.address, handler: Recorder()).close()
        }

        @Test("where one cannot listen the error says where, and why")
        func cannotListen() throws {
            let loop = try EventLoop()
            let folderless = SocketAddress.unix(path: "/no-such-folder/socket")
            let error = #expect(throws: ReactorError.cannotListen(folderless, errno: ENOENT)) {
                try loop.listen(at: folderless, handler: Recorder())
            }
            #expect(error?.description == "cannot listen on unix:/no-such-folder/socket: No such file or directory")
        }

        @Test("without descriptors left peers are turned away, the loop does not spin, and it recovers")
        func noDescriptors() async {
            await #expect(processExitsWith: .success) {
                let loop = try EventLoop()
                let server = Recorder()
                let listener = try loop.listen(at: anyPort, handler: server)
                let clients = (0..<8).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
                let old = leaveDescriptors(2)
                for client in clients {
                    precondition(listener.address.withSystemAddress { connect(client, $0, $1) } == 0)
                }
                // The test library may open or close some descriptors of its own meanwhile.
                let handled = try loop.turns { server.ids.count + Int(loop.counters.refused) == clients.count }
                let accepted = server.ids.count
                precondition(handled && (1...6).contains(accepted) && Int(loop.counters.acceptFailures) >= clients.count - accepted)
                var byte: UInt8 = 0
                let told = clients.count { recv($0, &byte, 1, Int32(MSG_DONTWAIT)) == 0 || errno == ECONNRESET }
                precondition(told == clients.count - accepted)
                let turns = loop.counters.turns
                for _ in 0..<3 { try loop.runOnce(timeoutMs: 50) }
                precondition(loop.counters.turns - turns == 3)
                setDescriptors(old)
                let late = Client(listener.address)
                let recovered = try loop.turns { server.ids.count == accepted + 1 }
                precondition(recovered && late.error == 0)
                exit(0)
            }
        }

        @Test("without descriptors and without the reserve the listener rests, then goes on")
        func pause() async {
            await #expect(processExitsWith: .success) {
                let loop = try EventLoop()
                let server = Recorder()
                let listener = try loop.listen(at: anyPort, handler: server)
                let clients = (0..<8).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
                close(loop.reserve)
                loop.reserve = -1
                let old = leaveDescriptors(0)
                for client in clients {
                    precondition(listener.address.withSystemAddress { connect(client, $0, $1) } == 0)
                }
                let start = Clock.bootMs()
                // The test library may close some descriptors of its own meanwhile, and as many more are accepted.
                while loop.counters.acceptPauses < 4, Clock.bootMs() < start + 20_000 { try loop.runOnce(timeoutMs: -1) }
                precondition(loop.counters.acceptPauses == 4 && server.ids.count < clients.count)
                // Between four failures lie three pauses of 100 ms.
                precondition(Clock.bootMs() - start >= 290 && loop.counters.turns < 15)
                setDescriptors(old)
                let recovered = try loop.turns { server.ids.count == clients.count }
                precondition(recovered)
                exit(0)
            }
        }
    }

    @Suite struct UnixSocketTests {
        @Test("the file is for its owner alone, and goes with the listener")
        func permissions() throws {
            let path = temporaryPath("mode")
            let loop = try EventLoop()
            let listener = try loop.listen(at: .unix(path: path), handler: Recorder())
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            listener.close()
            #expect(lstat(path, &status) != 0)
            var limits = ListenerLimits()
            limits.unixPermissions = 0o666
            let open = try loop.listen(at: .unix(path: path), handler: Recorder(), limits: limits)
            #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o666)
            open.close()
        }

        @Test("a file left by a dead process is replaced; one in use, or no socket, is left alone")
        func stale() throws {
            let path = temporaryPath("stale")
            defer { unlink(path) }
            let dead = socket(AF_UNIX, streamKind, 0)
            #expect(SocketAddress.unix(path: path).withSystemAddress { bind(dead, $0, $1) } == 0)
            close(dead)
            let loop = try EventLoop()
            let server = Recorder()
            let listener = try loop.listen(at: .unix(path: path), handler: server)
            #expect(throws: ReactorError.addressInUse(.unix(path: path))) {
                try loop.listen(at: .unix(path: path), handler: Recorder())
            }
            let client = Client(.unix(path: path))
            #expect(try loop.turns { server.closings.count == 1 && server.ids.count == 2 })
            client.close()
            listener.close()
            let file = open(path, O_CREAT | O_WRONLY, 0o600)
            close(file)
            #expect(throws: ReactorError.unixPathOccupied(path: path)) {
                try loop.listen(at: .unix(path: path), handler: Recorder())
            }
            #expect(access(path, F_OK) == 0)
        }

        @Test("close does not remove a file that another process has put in its place")
        func foreignFile() throws {
            let path = temporaryPath("foreign")
            defer { unlink(path) }
            let loop = try EventLoop()
            let first = try loop.listen(at: .unix(path: path), handler: Recorder())
            unlink(path)
            let second = try loop.listen(at: .unix(path: path), handler: Recorder())
            first.close()
            #expect(access(path, F_OK) == 0)
            second.close()
            #expect(access(path, F_OK) != 0)
        }
    }
}
