import SessionProtocol
import Testing

@testable import Coordination

@Suite struct TickTests {
    private static func ticking(
        _ rule: TickRule = TickRule(intervalMs: 50), players: Int = 2, countdownMs: UInt32? = nil, number: UInt64 = 1
    ) -> Assignment {
        var assignment = Stage.assignment(number, players: players)
        assignment.extensions.playRules = PlayRules(start: countdownMs.map { StartRule(countdownMs: $0) }, ticks: rule)
        return assignment
    }

    @Test("one numbered bundle a tick goes to each, with everybody's inputs in the order of players")
    func bundles() {
        Stage.play { stage in
            stage.begin(Self.ticking(players: 3))
            #expect(stage.input(2, 0, [7, 8]) == "taken")
            #expect(stage.input(1, 1, []) == "taken")
            #expect(stage.tickOn(49) == [])
            #expect(stage.tickOn(1) == ["tick 1 [] [7, 8] - to [1, 2, 3]"])
            #expect(stage.input(3, 2, [9]) == "taken")
            #expect(stage.ticks() == [])
            #expect(stage.tickOn(50) == ["tick 2 - - [9] to [1, 2, 3]"])
            #expect(stage.tickOn(50) == ["tick 3 - - - to [1, 2, 3]"])
        }
    }

    @Test("play says how it ticks, and the first tick is due one interval behind the start")
    func starting() {
        Stage.play { stage in
            stage.assign(Self.ticking(countdownMs: 1_000))
            stage.enter(1, 1, player: 0)
            #expect(stage.enter(2, 1, player: 1).last == "2 < play relay 7 in 1000 ticks of 50, 256 from 1")
            #expect(stage.input(1, 0, [1]) == "taken", "before the start too")
            #expect(stage.tickOn(1_049) == [])
            #expect(stage.tickOn(1) == ["tick 1 [1] - to [1, 2]"])
        }
    }

    @Test("a bundle that comes late delays none of those after it")
    func drift() {
        Stage.play { stage in
            stage.begin(Self.ticking())
            #expect(stage.tickOn(80) == ["tick 1 - - to [1, 2]"])
            #expect(stage.tickOn(19) == [])
            #expect(stage.tickOn(1) == ["tick 2 - - to [1, 2]"])
            #expect(stage.core.nextTickMs == 100_150)
        }
    }

    @Test("a bundle in which all inputs are as long as they may be is as long as the rule says", arguments: [1, 2, 16])
    func longest(players: Int) {
        Stage.play { stage in
            let rule = TickRule(intervalMs: 50, inputBytesMax: 4_000)
            stage.begin(Self.ticking(rule, players: players))
            for player in 1...UInt64(players) { stage.input(player, 0, [UInt8](repeating: 1, count: 4_000)) }
            stage.pass(50)
            var (bundle, targets, actions) = ([UInt8](), RelayTargets(), [CoordinatorAction]())
            #expect(stage.core.nextBundle(now: stage.now, into: &bundle, targets: &targets, actions: &actions))
            // Before it stand the two bytes of each binary message.
            #expect(bundle.count + 2 == rule.bundleBytesMax(players: players))
            #expect(rule.fits(players: players) == (bundle.count + 2 <= 65_536))
        }
    }

    @Test("where the scene wants it, the last input stands for one that is missing, and is marked")
    func repeating() {
        Stage.play { stage in
            stage.begin(Self.ticking(TickRule(intervalMs: 50, missingInput: .repeat)))
            stage.input(1, 0, [5])
            #expect(stage.tickOn(50) == ["tick 1 [5] - to [1, 2]"])
            stage.input(2, 0, [])
            #expect(stage.tickOn(50) == ["tick 2 [5]* [] to [1, 2]"])
            #expect(stage.tickOn(50) == ["tick 3 [5]* []* to [1, 2]"])
            stage.input(1, 0, [6, 6])
            #expect(stage.tickOn(50) == ["tick 4 [6, 6] []* to [1, 2]"])
        }
    }

    @Test("a late input counts for the next tick, or is dropped")
    func late() {
        for (rule, word, line) in [(TickRule.LateInput.next, "taken", "[1]"), (.drop, "dropped", "-")] {
            Stage.play { stage in
                stage.begin(Self.ticking(TickRule(intervalMs: 50, lateInput: rule)))
                _ = stage.tickOn(100)
                #expect(stage.input(1, 2, [1]) == word)
                #expect(stage.tickOn(50) == ["tick 3 \(line) - to [1, 2]"])
            }
        }
    }

    @Test("the first input for a tick counts, a second one is for the next that has none, and one too far ahead is refused")
    func surplus() {
        var limits = CoordinationLimits()
        limits.inputsAheadMax = 3
        Stage.play(limits: limits) { stage in
            stage.begin(Self.ticking())
            #expect(stage.input(1, 2, [2]) == "taken")
            #expect(stage.input(1, 0, [1]) == "taken")
            #expect(stage.input(1, 1, [3]) == "taken")
            #expect(stage.input(1, 0, [4]) == "rate_limited")
            #expect(stage.input(1, 4, [4]) == "dropped", "it has just been told")
            #expect(stage.input(2, .max, [4]) == "rate_limited", "each player for itself")
            #expect(stage.tickOn(150) == ["tick 1 [1] - to [1, 2]", "tick 2 [2] - to [1, 2]", "tick 3 [3] - to [1, 2]"])
            stage.pass(850)
            _ = stage.ticks()
            for _ in 0..<3 { #expect(stage.input(1, 0, [5]) == "taken") }
            #expect(stage.input(1, 0, [4]) == "rate_limited")
        }
    }

    @Test("what cannot be an input is refused")
    func refusing() {
        Stage.play { stage in
            stage.begin(Self.ticking(TickRule(intervalMs: 50, inputBytesMax: 2)))
            #expect(stage.input(1, 0, [1, 2, 3]) == "bad_message")
            for count in 0..<4 { #expect(stage.input(1, raw: [UInt8](repeating: 0, count: count)) == "bad_message") }
            #expect(stage.input(1, 0, [1], to: 0) == "bad_message")
            #expect(stage.input(9, 0, [1]) == "wrong_state")
            stage.begin(Stage.assignment(2), from: 11)
            #expect(stage.input(11, 0, [1]) == "bad_message", "no ticks in this scene")
            stage.assign(Self.ticking(number: 3))
            stage.enter(21, 3, player: 0)
            #expect(stage.input(21, 0, [1]) == "wrong_state")
            #expect(stage.tickOn(50) == ["tick 1 - - to [1, 2]"])
        }
    }

    @Test("after a stall some bundles come at once, and the time of more is left out, which is noted")
    func stalls() {
        var limits = CoordinationLimits()
        limits.ticksAtOnceMax = 3
        Stage.play(limits: limits) { stage in
            stage.begin(Self.ticking())
            #expect(stage.tickOn(150).count == 3)
            #expect(stage.notices == [])
            #expect(stage.tickOn(1_020).map { $0.prefix(6) } == ["tick 4", "tick 5", "tick 6"])
            // Twenty were due, the last of them at 1,150 ms; three of them came.
            #expect(stage.notices == [.ticksSkipped(Stage.session(1), ms: 850)])
            #expect(stage.tickOn(29) == [])
            #expect(stage.tickOn(1) == ["tick 7 - - to [1, 2]"])
        }
    }

    @Test("while they are paused no tick is due, and they go on where they stood")
    func pausing() {
        Stage.play { stage in
            stage.begin(Self.ticking())
            _ = stage.tickOn(70)
            stage.core.pauseTicks(Stage.session(1), stage.now)
            stage.core.pauseTicks(Stage.session(1), stage.now)
            #expect(stage.tickOn(5_000) == [])
            #expect(stage.input(1, 0, [1]) == "taken")
            stage.core.resumeTicks(Stage.session(1), atMs: stage.now.bootMs + 100)
            stage.core.resumeTicks(Stage.session(1), atMs: stage.now.bootMs)
            #expect(stage.tickOn(129) == [])
            #expect(stage.tickOn(1) == ["tick 2 [1] - to [1, 2]"])
            #expect(stage.tickOn(50).count == 1)
        }
    }

    @Test("they go on at the instant that is told, also when one goes while they were about to")
    func pausingTwice() {
        Stage.play { stage in
            var assignment = Self.ticking(countdownMs: 1_000)
            assignment.extensions.playRules.absence = AbsenceRule(pauses: true, loss: .empty)
            stage.begin(assignment)
            #expect(stage.tickOn(1_070).count == 1)
            stage.cut(1)
            _ = stage.tickOn(2_000)
            #expect(stage.enter(11, 1, player: 0).last == "2 < resumed in 1000 paused 3000")
            _ = stage.tickOn(400)
            stage.cut(2)
            _ = stage.tickOn(3_000)
            #expect(stage.enter(12, 1, player: 1).last == "12 < resumed in 1000 paused 6400")
            #expect(stage.tickOn(1_029) == [])
            #expect(stage.tickOn(1) == ["tick 2 - - to [11, 12]"])
        }
    }

    @Test("one who returns gets the bundles that it has not seen")
    func returning() {
        Stage.play { stage in
            stage.begin(Self.ticking())
            _ = stage.tickOn(50)
            stage.cut(1)
            stage.input(2, 0, [4])
            #expect(stage.tickOn(100) == ["tick 2 - [4] to [2]", "tick 3 - - to [2]"])
            #expect(
                stage.enter(3, 1, player: 0, tick: 1).suffix(3) == [
                    "3 < play relay 7 ticks of 50, 256 from 4", "3 < tick 2 - [4]", "3 < tick 3 - -",
                ])
            #expect(stage.tickOn(50) == ["tick 4 - - to [3, 2]"])
            #expect(stage.enter(4, 1, player: 0).count == 7, "one who says nothing gets all four")
            #expect(stage.enter(5, 1, player: 0, tick: .max).last == "5 < play relay 7 ticks of 50, 256 from 5")
        }
    }

    @Test("one who missed more bundles than are kept hears how many are lost", arguments: [0, 1, 5, 40] as [UInt16])
    func gaps(kept: UInt16) throws {
        try Stage.play { stage in
            stage.begin(Self.ticking(TickRule(intervalMs: 50, ticksKept: kept)))
            for _ in 0..<200 { _ = stage.tickOn(50) }
            let lines = stage.enter(3, 1, player: 0, tick: 2)
            let replayed = lines.count { $0.hasPrefix("3 < tick") }
            #expect(kept == 0 ? replayed == 0 : replayed >= Int(kept) && replayed <= Int(kept) + Int(kept) / 7 + 1)
            #expect(lines[1] == "3 < entered p0 [0+ 1+] playing missed \(198 - replayed) ticks")
            #expect(stage.notices == [.ticksMissed(Stage.session(1), PlayerIndex(0), missed: UInt32(198 - replayed))])
            if kept > 0 { #expect(lines.last == "3 < tick 200 - -") }
            let count = try #require(stage.core.tables.first { "\($0.name)" == "ticksKept" }?.count)
            #expect(count == replayed)
        }
    }

    @Test("ticks end with their session, however it ends, and those of others go on")
    func ending() {
        Stage.play { stage in
            stage.begin(Self.ticking())
            stage.begin(Self.ticking(number: 2), from: 11)
            stage.begin(Self.ticking(number: 3), from: 21)
            stage.ask(1, .leave)
            stage.say(.link(.drop(Stage.session(3), .first)))
            #expect(stage.input(1, 0, [1]) == "dropped")
            #expect(stage.tickOn(50) == ["tick 1 - - to [11, 12]"])
        }
    }
}

@Suite struct RelayLimitTests {
    private static func limited(_ messages: UInt32, _ bytes: UInt32) -> Assignment {
        var assignment = Stage.assignment(1, players: 2)
        assignment.extensions.playRules = PlayRules(
            relay: RelayRule(messagesPerSecond: messages, bytesPerSecond: bytes, backlogBytesMax: 65_536))
        return assignment
    }

    @Test("a player may send two seconds' worth at once, and then what flows in; it is told at most once a second")
    func messages() {
        Stage.play { stage in
            stage.begin(Self.limited(5, 1_000_000))
            for _ in 0..<10 { #expect(stage.relay(1) == "p0 to [2]") }
            #expect(stage.relay(1) == "rate_limited")
            #expect(stage.relay(1, kind: 1) == "dropped")
            #expect(stage.relay(2) == "p1 to [1]", "each player for itself")
            stage.pass(199)
            #expect(stage.relay(1) == "dropped")
            stage.pass(1)
            #expect(stage.relay(1) == "p0 to [2]")
            #expect(stage.relay(1) == "dropped")
            stage.pass(800)
            for _ in 0..<4 { #expect(stage.relay(1) == "p0 to [2]") }
            #expect(stage.relay(1) == "rate_limited")
            stage.passLinked(30_000)
            for _ in 0..<10 { #expect(stage.relay(1) == "p0 to [2]") }
            #expect(stage.relay(1) == "rate_limited")
        }
    }

    @Test("bytes count too; a message larger than the bucket goes when it is full, and has to be made up for")
    func bytes() {
        Stage.play { stage in
            stage.begin(Self.limited(1_000, 1_024))
            let (large, small) = ([UInt8](repeating: 1, count: 4_096), [UInt8](repeating: 1, count: 1_024))
            #expect(stage.relay(1, large) == "p0 to [2]")
            #expect(stage.relay(1, [1]) == "rate_limited")
            stage.pass(2_000)
            #expect(stage.relay(1, [1]) == "rate_limited", "4,096 bytes take four seconds, two of which were saved")
            stage.pass(1_000)
            #expect(stage.relay(1, small) == "p0 to [2]")
            stage.pass(2_000)
            #expect(stage.relay(1, small) == "p0 to [2]")
            #expect(stage.relay(1, small) == "p0 to [2]")
            #expect(stage.relay(1, small) == "rate_limited")
        }
    }

    @Test("what is refused is not kept for those who return, and wrong addresses cost nothing")
    func nothingKept() {
        Stage.play { stage in
            stage.begin(Self.limited(1, 1_024))
            for _ in 0..<5 { #expect(stage.relay(1, to: 7) == "no_such_player") }
            #expect(stage.relay(1, [1]) == "p0 to [2]" && stage.relay(1, [2]) == "p0 to [2]")
            #expect(stage.relay(1, [3]) == "rate_limited")
            #expect(stage.enter(3, 1, player: 1).suffix(3) == ["3 < replay p0 [1]", "3 < replay p0 [2]", "3 limit 65536"])
        }
    }

    @Test("a scene that says nothing has the coordinator's own limit")
    func defaults() {
        var limits = CoordinationLimits()
        limits.relayMessagesPerSecondMax = 3
        Stage.play(limits: limits) { stage in
            stage.begin(Stage.assignment(1))
            for _ in 0..<6 { #expect(stage.relay(1) == "p0 to [2]") }
            #expect(stage.relay(1) == "rate_limited")
        }
    }
}
