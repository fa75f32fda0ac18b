import SessionProtocol
import Testing

@testable import Coordination

@Suite struct BarrierRuleTests {
    private static func begin(_ stage: inout Stage, _ missing: BarrierRule.Missing, loss: AbsenceRule.Loss = .empty, countdownMs: UInt32 = 0) {
        stage.begin(
            Stage.ruled(
                1, PlayRules(absence: AbsenceRule(loss: loss), barriers: BarrierRule(missing: missing, countdownMs: countdownMs))))
    }

    @Test("`go` speaks of an instant, and one who was away hears what is left until then")
    func countdown() {
        Stage.play { stage in
            Self.begin(&stage, .end, countdownMs: 3_000)
            for connection in 1...2 as ClosedRange<UInt64> { stage.ask(connection, .ready(barrier: "a")) }
            stage.cut(1)
            #expect(stage.ask(3, .ready(barrier: "a")) == ["2 < go a in 3000", "3 < go a in 3000"])
            stage.passLinked(1_000)
            #expect(stage.enter(11, 1, player: 0).last == "11 < go a in 2000")
        }
    }

    @Test("a barrier that opens without those who do not come names them, and they play on")
    func open() {
        Stage.play { stage in
            Self.begin(&stage, .open)
            stage.ask(1, .ready(barrier: "a"))
            #expect(stage.passLinked(29_999) == [])
            #expect(
                stage.passLinked(1) == ["1 < go a in 0 without [1, 2]", "2 < go a in 0 without [1, 2]", "3 < go a in 0 without [1, 2]"])
            #expect(stage.relay(2) == "p1 to [1, 3]")
            #expect(stage.passLinked(60_000) == [], "its deadline went with it")
        }
    }

    @Test("those who do not come are lost where the scene says so, and the barrier opens for the others")
    func lose() {
        Stage.play { stage in
            Self.begin(&stage, .lose)
            stage.ask(1, .ready(barrier: "a"))
            stage.ask(3, .ready(barrier: "a"))
            #expect(
                stage.passLinked(30_000) == [
                    "2 < ended s1 barrier_timeout release1", "2 x normal", "> holding s1/1 playing lost [1]",
                    "1 < lost p1 barrier_timeout", "3 < lost p1 barrier_timeout", "1 < go a in 0 without [1]",
                    "3 < go a in 0 without [1]",
                ])
        }
    }

    @Test("where nobody can be lost it ends as it would without the rule")
    func loseAndEnd() {
        Stage.play { stage in
            Self.begin(&stage, .lose, loss: .end)
            stage.ask(1, .ready(barrier: "a"))
            #expect(stage.passLinked(30_000).last == "> ended s1/1 barrier_timeout in playing blamed [1, 2]")
        }
    }
}

@Suite struct PausingTests {
    private static func rules(countdownMs: UInt32 = 0, episodes: EpisodeRule? = nil) -> PlayRules {
        PlayRules(
            start: countdownMs == 0 ? nil : StartRule(countdownMs: countdownMs), absence: AbsenceRule(pauses: true, loss: .empty),
            episodes: episodes)
    }

    @Test("play pauses while anybody is away, and goes on when all are back")
    func pausing() {
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules()))
            #expect(stage.cut(1) == ["2 < gone p0 10000", "3 < gone p0 10000", "2 < paused p0", "3 < paused p0"])
            #expect(stage.core.tables.first { "\($0.name)" == "paused" }?.count == 1)
            #expect(stage.cut(2) == ["3 < gone p1 10000", "3 < paused p1"])
            #expect(stage.enter(11, 1, player: 0).suffix(2) == ["11 < play relay 7", "11 < paused p1"])
            #expect(stage.enter(12, 1, player: 1).suffix(3) == ["11 < resumed in 0", "12 < resumed in 0", "3 < resumed in 0"])
            #expect(stage.core.tables.first { "\($0.name)" == "paused" }?.count == 0)
        }
    }

    @Test("those who are back hear for how long play has stood still, countdowns included, however often it did")
    func stoodStill() {
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules(countdownMs: 1_000)))
            stage.passLinked(5_000)
            stage.cut(1)
            stage.passLinked(2_000)
            #expect(stage.enter(11, 1, player: 0).last == "3 < resumed in 1000 paused 3000")
            // Before it has gone on: 4 s of it have been played, then as now.
            stage.passLinked(500)
            stage.cut(2)
            stage.passLinked(5_000)
            #expect(stage.enter(12, 1, player: 1).last == "3 < resumed in 1000 paused 8500")
            #expect(stage.now.bootMs + 1_000 - 101_000 - 8_500 == 4_000)
        }
    }

    @Test("it goes on without one who does not come back")
    func lost() {
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules(countdownMs: 2_000)))
            stage.cut(1)
            #expect(stage.passLinked(10_000).suffix(2) == ["2 < resumed in 2000 paused 10000", "3 < resumed in 2000 paused 10000"])
        }
    }

    @Test("barriers' deadlines stand still meanwhile, and for the countdown; that of play does not")
    func deadlines() {
        Stage.play { stage in
            var assignment = Stage.ruled(1, Self.rules(countdownMs: 1_000))
            assignment.settings.playTimeoutMs = 40_000
            stage.begin(assignment)
            stage.ask(1, .ready(barrier: "a"))
            stage.passLinked(20_000)
            stage.cut(2)
            #expect(stage.ask(1, .ready(barrier: "b")) == [], "one that is opened meanwhile has its whole time")
            stage.passLinked(5_000)
            stage.enter(12, 1, player: 1)
            #expect(stage.passLinked(10_999) == [])
            #expect(stage.passLinked(1).last == "> ended s1/1 barrier_timeout in playing blamed [1, 2]")
        }
        Stage.play { stage in
            var assignment = Stage.ruled(1, Self.rules())
            assignment.settings.playTimeoutMs = 5_000
            stage.begin(assignment)
            stage.cut(2)
            #expect(stage.passLinked(5_000).last == "> ended s1/1 time_limit in playing")
        }
    }

    @Test("an episode that had not begun begins when play goes on; one that had keeps what was left")
    func episodes() {
        let rule = EpisodeRule(count: 2, timeoutMs: 10_000)
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules(countdownMs: 3_000, episodes: rule)))
            stage.passLinked(1_000)
            stage.cut(1)
            stage.passLinked(5_000)
            let lines = stage.enter(11, 1, player: 0)
            #expect(lines.contains("11 < episode 1/2 in 0 ago 3000 paused 3000 for 12000") && lines.last == "3 < resumed in 3000 paused 6000")
            #expect(stage.core.phase(of: Stage.session(1), now: stage.now) == .inactive)
            #expect(stage.passLinked(12_999) == [])
            #expect(stage.passLinked(1).first == "11 < reset 2 for 30000")
        }
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules(countdownMs: 3_000, episodes: rule)))
            stage.passLinked(5_000)
            stage.cut(1)
            stage.passLinked(5_000)
            let lines = stage.enter(11, 1, player: 0)
            #expect(lines.contains("11 < episode 1/2 in 0 ago 7000 paused 5000 for 8000") && lines.last == "3 < resumed in 3000 paused 8000")
            #expect(stage.passLinked(10_999) == [])
            #expect(stage.passLinked(1).first == "11 < reset 2 for 30000")
        }
    }

    @Test("what begins while play stands still has its whole time when it goes on")
    func begunMeanwhile() {
        let rule = EpisodeRule(count: 2, timeoutMs: 10_000, resetTimeoutMs: 4_000, endsWhen: .anySays)
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules(countdownMs: 3_000, episodes: rule)))
            stage.passLinked(5_000)
            stage.cut(1)
            stage.passLinked(2_000)
            #expect(stage.ask(2, .episodeDone(1)) == ["2 < reset 2 for 4000", "3 < reset 2 for 4000"])
            #expect(stage.passLinked(7_999) == [])
            #expect(stage.passLinked(1).suffix(2) == ["2 < resumed in 3000 paused 13000", "3 < resumed in 3000 paused 13000"], "the grace of the first is over")
            stage.ask(2, .resetDone(2))
            #expect(stage.passLinked(6_999) == [])
            #expect(stage.passLinked(1).last == #"> ended s1/1 barrier_timeout in playing blamed [2] lost ["0 player_disconnected"]"#)
        }
        Stage.play { stage in
            stage.begin(Stage.ruled(1, Self.rules(countdownMs: 3_000, episodes: rule)))
            stage.passLinked(5_000)
            stage.ask(2, .episodeDone(1))
            stage.ask(1, .resetDone(2))
            stage.cut(1)
            stage.passLinked(2_000)
            stage.ask(2, .resetDone(2))
            #expect(stage.ask(3, .resetDone(2)).first == "2 < episode 2/2 in 3000 for 13000")
            stage.passLinked(6_000)
            #expect(stage.enter(11, 1, player: 0).last == "3 < resumed in 3000 paused 11000")
            #expect(stage.passLinked(12_999) == [])
            #expect(stage.passLinked(1).first == "11 < done")
        }
    }

    @Test("a scene that does not ask for it has no pauses, nor has one who has finished")
    func none() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            #expect(stage.cut(1).count == 2)
            stage.begin(Stage.ruled(2, Self.rules()), from: 11)
            stage.ask(11, .finish(result: nil))
            #expect(stage.cut(11) == [])
        }
    }
}

@Suite struct EpisodeTests {
    private static func begin(
        _ stage: inout Stage, players: Int = 2, _ rule: EpisodeRule, countdownMs: UInt32 = 0, loss: AbsenceRule.Loss = .end,
        missing: BarrierRule.Missing? = nil
    ) {
        stage.begin(
            Stage.ruled(
                1, players: players,
                PlayRules(
                    start: StartRule(countdownMs: countdownMs), absence: AbsenceRule(loss: loss),
                    barriers: missing.map { BarrierRule(missing: $0) }, episodes: rule)))
    }

    private static func phase(_ stage: Stage) -> [String] {
        stage.core.phases(now: stage.now).filter { $0.count > 0 }.map { "\($0.phase) \($0.count)" }
    }

    @Test("episodes come one by one, each when all are ready, and after the last one play is done")
    func course() {
        Stage.play { stage in
            stage.assign(Stage.ruled(1, players: 2, PlayRules(start: StartRule(countdownMs: 500), episodes: EpisodeRule(count: 2, timeoutMs: 60_000))))
            stage.enter(1, 1, player: 0)
            #expect(
                stage.enter(2, 1, player: 1).suffix(4) == [
                    "1 < play relay 7 in 500", "2 < play relay 7 in 500", "1 < episode 1/2 in 500 for 60500", "2 < episode 1/2 in 500 for 60500",
                ])
            #expect(Self.phase(stage) == ["inactive 1"])
            stage.passLinked(500)
            #expect(Self.phase(stage) == ["active 1"])
            #expect(stage.ask(1, .episodeDone(1)) == [])
            #expect(stage.ask(1, .episodeDone(nil)) == [], "once is enough")
            #expect(stage.ask(2, .episodeDone(nil)) == ["1 < reset 2 for 30000", "2 < reset 2 for 30000"])
            #expect(Self.phase(stage) == ["resetting 1"])
            #expect(stage.ask(1, .episodeDone(1)) == [], "it is late, and means nothing")
            #expect(stage.ask(1, .resetDone(2)) == [])
            #expect(stage.ask(2, .resetDone(2)) == ["1 < episode 2/2 in 500 for 60500", "2 < episode 2/2 in 500 for 60500"])
            #expect(Self.phase(stage) == ["resetting 1"], "until it begins")
            #expect(stage.ask(1, .episodeDone(1)) == [] && stage.ask(2, .episodeDone(1)) == [], "that one is over")
            stage.ask(1, .episodeDone(2))
            #expect(stage.ask(2, .episodeDone(2)) == ["1 < done", "2 < done"])
            #expect(Self.phase(stage) == ["done 1"])
            #expect(stage.passLinked(120_000) == [], "nothing is waited for any more but the end of play")
        }
    }

    @Test("where anybody's word ends an episode, the first one does")
    func anySays() {
        Stage.play { stage in
            Self.begin(&stage, EpisodeRule(count: 2, timeoutMs: 60_000, endsWhen: .anySays))
            #expect(stage.ask(2, .episodeDone(1)) == ["1 < reset 2 for 30000", "2 < reset 2 for 30000"])
        }
    }

    @Test("an episode ends with its time, and nobody is to blame")
    func timeout() {
        Stage.play { stage in
            Self.begin(&stage, EpisodeRule(count: 1, timeoutMs: 5_000))
            #expect(stage.passLinked(4_999) == [])
            #expect(stage.passLinked(1) == ["1 < done", "2 < done"])
        }
    }

    @Test("what becomes of one who is not ready in time is what the rule of barriers says")
    func notReady() {
        let rule = EpisodeRule(count: 2, timeoutMs: 5_000, resetTimeoutMs: 2_000, endsWhen: .anySays)
        Stage.play { stage in
            Self.begin(&stage, rule)
            stage.ask(1, .episodeDone(1))
            stage.ask(1, .resetDone(2))
            #expect(stage.passLinked(2_000).last == "> ended s1/1 barrier_timeout in playing blamed [1]")
        }
        Stage.play { stage in
            Self.begin(&stage, rule, missing: .open)
            stage.ask(1, .episodeDone(1))
            #expect(stage.passLinked(2_000) == ["1 < episode 2/2 in 0 for 5000", "2 < episode 2/2 in 0 for 5000"])
        }
        Stage.play { stage in
            Self.begin(&stage, rule, loss: .empty, missing: .lose)
            stage.ask(1, .episodeDone(1))
            stage.ask(1, .resetDone(2))
            #expect(
                stage.passLinked(2_000) == [
                    "2 < ended s1 barrier_timeout release1", "2 x normal", "> holding s1/1 playing lost [1]",
                    "1 < lost p1 barrier_timeout", "1 < episode 2/2 in 0 for 5000",
                ])
        }
    }

    @Test("one who has finished or is lost is not waited for")
    func whoIsLeft() {
        Stage.play { stage in
            Self.begin(&stage, players: 3, EpisodeRule(count: 2, timeoutMs: 60_000), loss: .empty)
            stage.ask(1, .episodeDone(1))
            stage.ask(2, .finish(result: nil))
            #expect(stage.ask(3, .leave).suffix(2) == ["1 < reset 2 for 30000", "2 < reset 2 for 30000"])
            #expect(stage.ask(1, .resetDone(2)).first == "1 < episode 2/2 in 0 for 60000")
        }
    }

    @Test("one who returns hears where the game stands")
    func returning() {
        Stage.play { stage in
            Self.begin(&stage, EpisodeRule(count: 2, timeoutMs: 60_000, endsWhen: .anySays))
            stage.passLinked(1_000)
            stage.cut(1)
            #expect(stage.enter(11, 1, player: 0).last == "11 < episode 1/2 in 0 ago 1000 for 59000")
            stage.ask(2, .episodeDone(1))
            stage.cut(11)
            stage.passLinked(1_000)
            #expect(stage.enter(12, 1, player: 0).last == "12 < reset 2 for 29000")
            stage.ask(2, .resetDone(2))
            stage.ask(12, .resetDone(2))
            stage.ask(2, .episodeDone(2))
            stage.cut(12)
            #expect(stage.enter(13, 1, player: 0).last == "13 < done")
        }
    }

    @Test("where a scene has none, they cannot be asked for, and play is active from its start instant on")
    func none() {
        Stage.play { stage in
            stage.begin(Stage.ruled(1, PlayRules(start: StartRule(countdownMs: 1_000))))
            #expect(stage.ask(1, .episodeDone(nil)) == ["1 < error wrong_state"])
            #expect(stage.ask(1, .resetDone(nil)) == ["1 < error wrong_state"])
            #expect(Self.phase(stage) == ["inactive 1"])
            stage.passLinked(1_000)
            #expect(Self.phase(stage) == ["active 1"])
            stage.assign(Stage.assignment(2))
            #expect(Self.phase(stage) == ["active 1"], "one that does not play yet is in none")
        }
    }
}
