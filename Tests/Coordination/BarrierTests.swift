import SessionProtocol
import Testing

@testable import Coordination

@Suite struct BarrierTests {
    @Test("a barrier opens when all have reached it, and can be used again")
    func opening() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            for _ in 0..<2 {
                #expect(stage.ask(1, .ready(barrier: "round")) == [])
                #expect(stage.ask(1, .ready(barrier: "round")) == [], "a repeated ready counts once")
                #expect(stage.ask(2, .ready(barrier: "round")) == ["1 < go round", "2 < go round"])
            }
            #expect(stage.passLinked(60_000) == [], "its deadline went with it")
        }
    }

    @Test("barriers of different names do not mix, and each has its own deadline from its first ready")
    func severalBarriers() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .ready(barrier: "a"))
            stage.passLinked(20_000)
            stage.ask(2, .ready(barrier: "b"))
            #expect(stage.ask(2, .ready(barrier: "a")) == ["1 < go a", "2 < go a"])
            stage.ask(1, .ready(barrier: "a"))
            #expect(stage.passLinked(29_999) == [])
            let ended = "ended s1/1 barrier_timeout in playing blamed [0]"
            #expect(stage.pass(1) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("one who has finished holds up no barrier, not even by finishing last")
    func finished() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1, players: 3))
            stage.ask(3, .finish(result: nil))
            stage.ask(1, .ready(barrier: "a"))
            #expect(stage.ask(2, .finish(result: nil)) == ["1 < go a", "2 < go a", "3 < go a"])
            #expect(stage.ask(1, .ready(barrier: "a")).count == 3)
        }
    }

    @Test("one who was ready and away when the barrier opened hears so on its return")
    func awayAtOpening() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .ready(barrier: "a"))
            stage.cut(1)
            #expect(stage.ask(2, .ready(barrier: "a")) == ["2 < go a"])
            #expect(stage.enter(3, 1, player: 0).suffix(2) == ["3 < play relay 7", "3 < go a"])
            stage.cut(3)
            #expect(stage.enter(4, 1, player: 0).last == "4 < play relay 7", "once")
        }
    }

    @Test("names, numbers and states have their limits")
    func limits() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.ask(1, .ready(barrier: String(repeating: "é", count: 33))) == ["1 < error bad_message"])
            #expect(stage.ask(1, .ready(barrier: String(repeating: "é", count: 32))) == [])
            for number in 1..<8 { #expect(stage.ask(1, .ready(barrier: "\(number)")) == []) }
            #expect(stage.ask(1, .ready(barrier: "one more")) == ["1 < error rate_limited"])
            #expect(stage.ask(2, .ready(barrier: "3")) == ["1 < go 3", "2 < go 3"])
            #expect(stage.ask(2, .ready(barrier: "one more")) == [])
            stage.begin(Stage.validating(2), from: 11)
            #expect(stage.ask(11, .ready(barrier: "a")) == ["11 < error wrong_state"])
        }
    }
}
