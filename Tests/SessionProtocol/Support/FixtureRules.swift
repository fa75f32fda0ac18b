import SessionProtocol

/// The rules of play that a fixture names.
extension FixtureFields {
    mutating func playRules() throws -> PlayRules {
        PlayRules(
            attempts: try rule("attempts") {
                AttemptRule(attemptsMax: try $0.number("attemptsMax"), attemptTimeoutMs: try $0.number("attemptTimeoutMs"))
            },
            start: try rule("start") { StartRule(countdownMs: try $0.number("countdownMs")) },
            relay: try rule("relay") {
                RelayRule(
                    messagesPerSecond: try $0.number("messagesPerSecond"), bytesPerSecond: try $0.number("bytesPerSecond"),
                    backlogBytesMax: try $0.number("backlogBytesMax"),
                    slowReader: try $0.code("slowReader", RelayRule.SlowReader.self))
            },
            ticks: try rule("ticks") {
                TickRule(
                    intervalMs: try $0.number("intervalMs"), inputBytesMax: try $0.number("inputBytesMax"),
                    ticksKept: try $0.number("ticksKept"),
                    missingInput: try $0.code("missingInput", TickRule.MissingInput.self),
                    lateInput: try $0.code("lateInput", TickRule.LateInput.self))
            },
            absence: try rule("absence") {
                AbsenceRule(
                    pauses: try $0.flag("pauses"), loss: try $0.code("loss", AbsenceRule.Loss.self),
                    playersMin: try $0.number("playersMin"))
            },
            barriers: try rule("barriers") {
                BarrierRule(
                    missing: try $0.code("missing", BarrierRule.Missing.self), countdownMs: try $0.number("countdownMs"))
            },
            episodes: try rule("episodes") {
                EpisodeRule(
                    count: try $0.number("count"), timeoutMs: try $0.number("timeoutMs"),
                    resetTimeoutMs: try $0.number("resetTimeoutMs"),
                    endsWhen: try $0.code("endsWhen", EpisodeRule.EndsWhen.self))
            },
            watch: try rule("watch") {
                WatchRule(
                    roundTripMaxMs: try $0.number("roundTripMaxMs"), roundTripForMs: try $0.number("roundTripForMs"),
                    silentForMs: try $0.number("silentForMs"), hiddenForMs: try $0.number("hiddenForMs"),
                    warningMs: try $0.number("warningMs"))
            })
    }

    private mutating func rule<Rule>(_ name: String, _ read: (inout FixtureFields) throws -> Rule) throws -> Rule? {
        guard has(name) else { return nil }
        var fields = try FixtureFields(try take(name))
        let rule = try read(&fields)
        try fields.finish()
        return rule
    }
}
