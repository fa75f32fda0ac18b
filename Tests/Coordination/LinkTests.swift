import SessionProtocol
import Testing

@testable import Coordination

@Suite struct LinkTests {
    @Test("a link begins with the inventory, and then a ping with the load")
    func inventory() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.assign(Stage.validating(2))
            stage.begin(Stage.validating(3), from: 11)
            stage.say(.linkDown)
            stage.pings = []
            #expect(
                stage.linkUp() == [
                    "> holding s1/1 playing", "> holding s2/1 matched", "> holding s3/1 validating", "> inventoryEnd",
                ])
            #expect(stage.pings == [Ping(sentAtMs: 100_000, sessions: 3, players: 4)])
        }
    }

    @Test("the inventory holds outcomes that are not acknowledged, those of a life before too")
    func inventoryOfOutcomes() throws {
        let outcome = Outcome(
            session: Stage.session(8), attempt: .first, scene: try SceneID("scene"), reason: .completed,
            endedIn: .playing, endedAtUnixMs: 1,
            players: [PlayerOutcome(subject: try SubjectID("ann"), hasFinished: true)])
        var stage = Stage(retained: [outcome])
        #expect(!stage.core.isQuiet)
        #expect(stage.enter(1, 8, player: 0) == ["1 < error session_ended", "1 x session_ended"])
        #expect(stage.linkUp() == ["> ended s8/1 completed in playing", "> inventoryEnd"])
        stage.begin(Stage.assignment(1))
        stage.say(.linkDown)
        stage.ask(1, .leave)
        let left = "ended s1/1 player_left in playing blamed [0]"
        #expect(stage.linkUp() == ["> ended s8/1 completed in playing", "> \(left)", "> inventoryEnd"])
        #expect(stage.ack(8) == ["# ack s8/1"])
        stage.say(.linkDown)
        #expect(stage.linkUp() == ["> \(left)", "> inventoryEnd"])
        stage.windUp()
    }

    @Test("an outcome that is not durable yet holds back the end of the inventory, and is in it")
    func inventoryWaitsForDisk() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.assign(Stage.assignment(2))
            stage.assign(Stage.assignment(3))
            stage.say(.linkDown)
            stage.isDiskFast = false
            stage.ask(1, .leave)
            #expect(stage.linkUp() == ["> holding s2/1 matched", "> holding s3/1 matched"])
            let cancelled = "ended s2/1 cancelled in matched"
            #expect(
                stage.say(.link(.cancel(Stage.session(2), .first, .cancelled, blamed: [])))
                    == ["# \(cancelled)", "> \(cancelled)"], "what ends under this link is reported at once")
            #expect(
                stage.say(.persisted(upTo: 1)) == [
                    "> ended s1/1 player_left in playing blamed [0]", "> inventoryEnd",
                ])
            #expect(stage.say(.persisted(upTo: 2)) == [])
        }
    }

    @Test("the record of an acknowledgement holds back the end of the inventory too: what it does not list never comes again")
    func inventoryWaitsForAcknowledgements() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .leave)
            stage.isDiskFast = false
            stage.ack(1)
            stage.say(.linkDown)
            #expect(stage.linkUp() == [])
            #expect(stage.say(.persisted(upTo: 1)) == [])
            #expect(stage.say(.persisted(upTo: 2)) == ["> inventoryEnd"])
        }
    }

    @Test("while the disk takes no records no session is taken, and those that live go on; a new link begins undrained")
    func storage() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.say(.storage(isWorking: false)) == ["> drain"])
            #expect(stage.say(.storage(isWorking: false)) == [])
            #expect(stage.assign(Stage.assignment(2)) == ["> refused s2/1 draining"])
            #expect(stage.relay(1) == "p0 to [2]")
            stage.say(.linkDown)
            #expect(stage.linkUp() == ["> holding s1/1 playing", "> inventoryEnd", "> drain"])
            #expect(stage.say(.storage(isWorking: true)) == ["> x"])
            #expect(stage.linkUp() == ["> holding s1/1 playing", "> inventoryEnd"])
            #expect(stage.assign(Stage.assignment(2)) == ["> accepted s2/1"])
            #expect(stage.core.journalSessions == [])
            stage.ask(1, .leave)
            #expect(stage.core.journalSessions == [Stage.session(1)])
        }
    }

    @Test("a disk that works again does not undo an operator's drain")
    func storageAndDrain() {
        Stage.play { stage in
            #expect(stage.say(.storage(isWorking: false)) == ["> drain"])
            #expect(stage.say(.drain) == [])
            #expect(stage.say(.storage(isWorking: true)) == [])
            #expect(stage.assign(Stage.assignment(2)) == ["> refused s2/1 draining"])
        }
    }

    @Test("states are reported while the link is up")
    func states() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.say(.linkDown)
            stage.validateAll(2)
            #expect(stage.core.count(in: .playing) == 1)
            #expect(stage.linkUp() == ["> holding s1/1 playing", "> inventoryEnd"])
        }
    }

    @Test("a message of the wrong direction closes the link, and what follows on it is not read")
    func wrongDirection() {
        Stage.play { stage in
            #expect(stage.say(.link(.inventoryEnd)) == ["> x unexpected"])
            #expect(stage.assign(Stage.assignment(1)) == [])
            #expect(stage.notices == [.unexpectedMessage(.inventoryEnd), .discarded(.assign)])
            #expect(stage.say(.linkDown) == [])
            #expect(stage.linkUp() == ["> inventoryEnd"])
            let reject = Reject(code: .shuttingDown, detail: "bye")
            #expect(stage.say(.link(.reject(reject))) == ["> x"])
            #expect(stage.notices.last == .linkRejected(reject))
        }
    }

    @Test("pings keep their interval, and an answer to what was never sent closes the link")
    func pings() {
        Stage.play { stage in
            stage.pass(1_999)
            #expect(stage.pings.map(\.sentAtMs) == [100_000])
            stage.pass(1)
            stage.pass(5_000)
            #expect(stage.pings.map(\.sentAtMs) == [100_000, 102_000, 107_000])
            #expect(stage.say(.link(.pong(sentAtMs: 107_001))) == ["> x unexpected"])
        }
    }

    @Test("the lease counts from the sending of the newest ping that was answered")
    func lease() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.pass(2_000)
            stage.pass(2_000)
            stage.say(.link(.pong(sentAtMs: 102_000)))
            stage.say(.link(.pong(sentAtMs: 100_000)))
            #expect(stage.core.lease?.untilMs == 117_000)
            stage.now.bootMs = 116_999
            #expect(stage.pass(0) == [])
            let ended = "ended s1/1 coordinator_lost in playing"
            #expect(stage.pass(1) == ["> x", "# \(ended)"])
            #expect(stage.notices == [.leaseExpired(sessions: 1)])
            #expect(stage.core.outbox[Stage.session(1)]?.outcome.isPresumed == false)
            #expect(stage.pass(3_000).filter { $0.hasPrefix("1 <") } == ["1 < ended s1 coordinator_lost release0"])
        }
    }

    @Test("a lease runs out with the link down as well, and the next link begins a new one")
    func leaseWithoutLink() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, players: 2, SessionSettings(validatesPeers: false, enterTimeoutMs: 90_000)))
            stage.say(.linkDown)
            #expect(stage.pass(14_999) == [])
            #expect(stage.pass(1) == ["# ended s1/1 coordinator_lost in matched requeued [0, 1]"])
            #expect(stage.core.lease == nil)
            stage.pass(60_000)
            stage.linkUp()
            #expect(stage.core.lease?.untilMs == stage.now.bootMs + 15_000)
        }
    }

    @Test("a new link alone does not renew a lease that runs")
    func leaseOverLinks() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.say(.linkDown)
            stage.pass(14_000)
            stage.linkUp()
            #expect(stage.core.lease?.untilMs == 115_000)
            stage.say(.link(.pong(sentAtMs: 114_000)))
            #expect(stage.core.lease?.untilMs == 129_000)
        }
    }

    @Test("after a stall the lease comes before all else, so that nobody is blamed for it")
    func stall() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.cut(1)
            let ended = "ended s1/1 coordinator_lost in playing"
            #expect(stage.pass(20_000) == ["> x", "# \(ended)"])
        }
    }

    @Test("before the first link there is no lease and nothing to wait for")
    func idle() {
        var stage = Stage()
        #expect(stage.core.nextDeadlineMs == nil && stage.core.isQuiet && !stage.core.isLinkUp)
        stage.linkUp()
        #expect(stage.core.nextDeadlineMs == stage.now.bootMs + Stage.pingMs)
    }

    @Test("what is shown outside counts sessions, players and scenes")
    func tables() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.assign(Stage.validating(2, players: 3))
            stage.enter(9, 2, player: 0)
            _ = stage.relay(1)
            stage.ask(1, .ready(barrier: "a"))
            let scenes = stage.core.scenes
            #expect(scenes.count == 1 && scenes[0].sessions == 2 && scenes[0].players == 3)
            let tables = Dictionary(uniqueKeysWithValues: stage.core.tables.map { ("\($0.name)", $0.count) })
            #expect(tables["sessions"] == 2 && tables["subjects"] == 5 && tables["connections"] == 3)
            #expect(tables["barriers"] == 1 && tables["replayMessages"] == 1 && tables["outbox"] == 0)
            stage.ask(1, .leave)
            #expect(stage.core.tables.first { "\($0.name)" == "outbox" }?.count == 1)
            #expect(stage.core.expiring.map(\.count) == [1])
        }
    }
}
