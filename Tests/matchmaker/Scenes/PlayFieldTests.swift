import Matchmaking
import SessionProtocol
import Testing

@testable import Service
@testable import matchmaker

private func rules(_ keys: String) throws -> PlayRules {
    try #require(try settings(file: #"{"scenes": [{"id": "a", "groupSize": 4, \#(keys)}]}"#).scenes.first).playRules
}

private func line(_ keys: String) -> String {
    complaint(file: "{\"scenes\": [{\"id\": \"a\", \"groupSize\": 4,\n\(keys)}]}")
}

@Suite struct PlayFieldTests {
    @Test("A scene that says nothing of play asks for nothing")
    func none() throws { #expect(try rules(#""open": true"#) == .none) }

    @Test("Every rule of play arrives")
    func all() throws {
        let rules = try rules(
            #"""
            "attempts": {"max": 4, "timeout": "7s"}, "start": {"countdown": "3s"},
            "relay": {"messagesPerSecond": 60, "bytesPerSecond": "32KiB", "backlogMax": "1MiB", "slowReader": "dropLatest"},
            "ticks": {"interval": 20, "inputMax": 12, "kept": 99, "missingInput": "repeat", "lateInput": "drop"},
            "absence": {"pauses": true, "loss": "bot", "playersMin": 3},
            "barriers": {"missing": "open", "countdown": "250ms"},
            "episodes": {"count": 9, "timeout": "1m", "resetTimeout": "5s", "endsWhen": "anySays"},
            "watch": {"roundTripMax": 250, "roundTripFor": "12s", "silentFor": "20s", "hiddenFor": "1m", "warning": "6s"}
            """#)
        #expect(
            rules
                == PlayRules(
                    attempts: AttemptRule(attemptsMax: 4, attemptTimeoutMs: 7_000), start: StartRule(countdownMs: 3_000),
                    relay: RelayRule(
                        messagesPerSecond: 60, bytesPerSecond: 32_768, backlogBytesMax: 1_048_576, slowReader: .dropLatest),
                    ticks: TickRule(
                        intervalMs: 20, inputBytesMax: 12, ticksKept: 99, missingInput: .repeat, lateInput: .drop),
                    absence: AbsenceRule(pauses: true, loss: .bot, playersMin: 3),
                    barriers: BarrierRule(missing: .open, countdownMs: 250),
                    episodes: EpisodeRule(count: 9, timeoutMs: 60_000, resetTimeoutMs: 5_000, endsWhen: .anySays),
                    watch: WatchRule(
                        roundTripMaxMs: 250, roundTripForMs: 12_000, silentForMs: 20_000, hiddenForMs: 60_000,
                        warningMs: 6_000)))
    }

    @Test("What is left out has the default that the schema names")
    func defaults() throws {
        let rules = try rules(
            #""ticks": {"interval": 50}, "absence": {}, "barriers": {}, "episodes": {"count": 1, "timeout": "1m"}, "watch": {}"#)
        #expect(rules.ticks == TickRule(intervalMs: 50, inputBytesMax: 256, ticksKept: 600, missingInput: .empty, lateInput: .next))
        #expect(rules.absence == AbsenceRule(pauses: false, loss: .end, playersMin: 1))
        #expect(rules.barriers == BarrierRule(missing: .end, countdownMs: 0))
        #expect(rules.episodes?.resetTimeoutMs == 30_000 && rules.episodes?.endsWhen == .allSay)
        #expect(rules.watch == WatchRule())
    }

    @Test("Inputs of a tick that may not fit one message together are refused, with the greatest size that does")
    func ticksThatDoNotFit() throws {
        func ticks(_ groupSize: Int, _ more: String) -> String {
            "{\"scenes\": [{\"id\": \"a\", \"groupSize\": \(groupSize),\n\"ticks\": {\"interval\": 50\(more)}}]}"
        }
        let line = complaint(file: ticks(16, #", "inputMax": 4094"#))
        #expect(line.contains(":2:") && line.contains("scenes[0].ticks.inputMax (scene \"a\")") && line.contains("can be 4093"))
        // The default is too much too for the greatest groups.
        let byDefault = complaint(file: ticks(255, ""))
        #expect(byDefault.contains("scenes[0].ticks (scene \"a\")") && byDefault.contains("can be 254"))
        for (groupSize, more) in [(16, #", "inputMax": 4093"#), (15, #", "inputMax": "4KiB""#), (255, #", "inputMax": 254"#), (253, "")] {
            #expect(try settings(file: ticks(groupSize, more)).scenes.first?.playRules.ticks?.fits(players: groupSize) == true)
        }
    }

    @Test(
        "A mistake is named with its scene and field",
        arguments: [
            (#""ticks": {"interval": 4}"#, "ticks.interval"), (#""absence": {"loss": "wait"}"#, "absence.loss"),
            (#""absence": {"playersMin": 4}"#, "absence.playersMin"), (#""relay": {"messagesPerSecond": 5}"#, "relay"),
            (#""watch": {"roundTripMax": "1s"}"#, "watch"), (#""watch": {"roundTripFor": "1s"}"#, "watch.roundTripFor"),
            (#""episodes": {"count": 0, "timeout": "1m"}"#, "episodes.count"), (#""start": {"countdown": "2m"}"#, "start.countdown"),
        ])
    func mistakes(keys: String, field: String) { #expect(line(keys).contains(field)) }
}
