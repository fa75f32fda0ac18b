import SessionProtocol
import Testing

@testable import Coordination

@Suite struct EndingTests {
    private let left = "ended s1/1 player_left in playing blamed [0]"

    @Test("with the link up nobody is told before the acknowledgement, however long it takes")
    func toldByAck() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.ask(1, .leave) == ["# \(left)", "> \(left)"])
            #expect(stage.passLinked(60_000) == [])
            #expect(
                stage.ack(1) == [
                    "# ack s1/1", "1 < ended s1 player_left release0", "1 x normal",
                    "2 < ended s1 player_left release1", "2 x normal",
                ])
            #expect(stage.ack(1) == [], "a second acknowledgement is harmless")
        }
    }

    @Test("an acknowledgement of another attempt acknowledges nothing")
    func staleAck() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .leave)
            #expect(stage.ack(1, Attempt(2)) == [])
            #expect(stage.notices == [.staleAttempt(.endedAck, Stage.session(1), Attempt(2))])
            #expect(stage.core.outbox.count == 1)
        }
    }

    @Test("with the link down players are told once the outcome is durable and the wait since the end is over")
    func toldWithoutLink() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.say(.linkDown)
            stage.pass(5_000)
            #expect(stage.ask(1, .leave) == ["# \(left)"])
            #expect(stage.pass(2_999) == [])
            #expect(
                stage.pass(1) == [
                    "1 < ended s1 player_left release0", "1 x normal", "2 < ended s1 player_left release1", "2 x normal",
                ])
            #expect(stage.core.outbox.count == 1 && !stage.core.isQuiet, "the outcome is still to be acknowledged")
            #expect(stage.linkUp() == ["> \(left)", "> inventoryEnd"])
            #expect(stage.ack(1) == ["# ack s1/1"])
        }
    }

    @Test("a link that is lost while players wait gives the matchmaker as long as one lost before the end")
    func linkLostWhileWaiting() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .leave)
            stage.pass(2_000)
            stage.say(.linkDown)
            #expect(stage.core.nextDeadlineMs == stage.now.bootMs + 3_000)
            #expect(stage.pass(2_999) == [])
            #expect(stage.pass(1).count == 4)
        }
    }

    @Test("a link that is back before the wait is over makes players wait for the acknowledgement again")
    func linkBack() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.say(.linkDown)
            stage.ask(1, .leave)
            stage.pass(2_000)
            #expect(stage.linkUp() == ["> \(left)", "> inventoryEnd"])
            #expect(stage.passLinked(10_000) == [])
            #expect(stage.ack(1).count == 5)
        }
    }

    @Test("without the link nobody is told before the outcome is durable, and then at once")
    func slowDisk() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.say(.linkDown)
            stage.isDiskFast = false
            #expect(stage.ask(1, .leave) == ["# \(left)"])
            #expect(stage.pass(10_000) == [])
            #expect(
                stage.say(.persisted(upTo: 1)) == [
                    "1 < ended s1 player_left release0", "1 x normal", "2 < ended s1 player_left release1", "2 x normal",
                ])
        }
    }

    @Test("one who enters late is told at once when the others have been, as long as the tombstone lives")
    func lateEnter() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.cut(2)
            stage.ask(1, .leave)
            stage.ack(1)
            #expect(stage.enter(3, 1, player: 1) == ["3 < ended s1 player_left release1", "3 x normal"])
            #expect(stage.enter(4, 1, ticket: Stage.ticket(2, 1)) == ["4 < error bad_ticket", "4 x bad_ticket"])
            #expect(stage.core.connectionCount == 0)
            stage.passLinked(60_000)
            #expect(stage.enter(5, 1, player: 1) == ["5 < error session_ended", "5 x session_ended"])
        }
    }

    @Test("one who enters late waits for the acknowledgement when that is still to come")
    func lateEnterWaits() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.cut(2)
            stage.ask(1, .leave)
            #expect(stage.enter(3, 1, player: 1) == [])
            #expect(stage.enter(4, 1, player: 1) == ["3 x replaced"])
            #expect(stage.enter(5, 1, ticket: Stage.ticket(2, 1)) == ["5 < error bad_ticket", "5 x bad_ticket"])
            stage.cut(1)
            #expect(stage.ack(1) == ["# ack s1/1", "4 < ended s1 player_left release1", "4 x normal"])
        }
    }

    @Test("one who enters late without a link is told when the wait is over, or at once behind it")
    func lateEnterWithoutLink() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.cut(1)
            stage.say(.linkDown)
            stage.ask(2, .leave)
            stage.cut(2)
            #expect(stage.pass(1_000) == [])
            #expect(stage.enter(3, 1, player: 0) == [])
            #expect(stage.pass(2_000) == ["3 < ended s1 player_left release0", "3 x normal"])
            #expect(stage.enter(4, 1, player: 1) == ["4 < ended s1 player_left release1", "4 x normal"])
            stage.linkUp()
            #expect(stage.enter(5, 1, player: 1) == [], "with the link up the acknowledgement comes first again")
        }
    }

    @Test("a shutdown ends what lives, and may go on once all is acknowledged")
    func shutdown() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.assign(Stage.assignment(2))
            let first = "ended s1/1 shutdown in playing"
            let second = "ended s2/1 shutdown in matched requeued [0, 1]"
            #expect(stage.say(.shutdown) == ["> drain", "# \(first)", "> \(first)", "# \(second)", "> \(second)"])
            #expect(!stage.core.isQuiet)
            stage.ack(1)
            stage.ack(2)
            #expect(stage.core.isQuiet)
        }
    }
}
