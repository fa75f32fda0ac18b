import Matchmaking
import Service
import SessionProtocol

// What a scene asks of validation and play.
extension SceneFile {
    static func playRules(_ scene: ConfigurationObject, groupSize: Int) throws(ConfigurationError) -> PlayRules {
        var rules = PlayRules()
        if let node = scene["attempts"] { rules.attempts = try attempts(node) }
        if let node = scene["start"] { rules.start = try start(node) }
        if let node = scene["relay"] { rules.relay = try relay(node) }
        if let node = scene["ticks"] { rules.ticks = try ticks(node, groupSize: groupSize) }
        if let node = scene["absence"] { rules.absence = try absence(node, groupSize: groupSize) }
        if let node = scene["barriers"] { rules.barriers = try barriers(node) }
        if let node = scene["episodes"] { rules.episodes = try episodes(node) }
        if let node = scene["watch"] { rules.watch = try watch(node) }
        return rules
    }

    private static func attempts(_ node: ConfigurationNode) throws(ConfigurationError) -> AttemptRule {
        let object = try node.object(.attempts)
        return AttemptRule(
            attemptsMax: try object.required("max").number(in: AttemptRule.attemptsRange),
            attemptTimeoutMs: try object.required("timeout").duration(in: AttemptRule.timeoutRangeMs))
    }

    private static func start(_ node: ConfigurationNode) throws(ConfigurationError) -> StartRule {
        StartRule(
            countdownMs: try node.object(.start).required("countdown").duration(in: StartRule.countdownRangeMs))
    }

    private static func relay(_ node: ConfigurationNode) throws(ConfigurationError) -> RelayRule {
        let object = try node.object(.relay)
        return RelayRule(
            messagesPerSecond: try object.required("messagesPerSecond").number(in: RelayRule.messagesRange),
            bytesPerSecond: try object.required("bytesPerSecond").size(in: RelayRule.bytesRange),
            backlogBytesMax: try object.required("backlogMax").size(in: RelayRule.backlogRangeBytes),
            slowReader: try object.code("slowReader") ?? .disconnect)
    }

    private static func ticks(_ node: ConfigurationNode, groupSize: Int) throws(ConfigurationError) -> TickRule {
        let object = try node.object(.ticks)
        var rule = TickRule(intervalMs: try object.required("interval").duration(in: TickRule.intervalRangeMs))
        if let node = object["inputMax"] { rule.inputBytesMax = try node.size(in: TickRule.inputRangeBytes) }
        if let node = object["kept"] { rule.ticksKept = try node.number(in: TickRule.keptRange) }
        rule.missingInput = try object.code("missingInput") ?? rule.missingInput
        rule.lateInput = try object.code("lateInput") ?? rule.lateInput
        guard rule.fits(players: groupSize) else {
            throw (object["inputMax"] ?? node).error(
                "\(groupSize) inputs of \(rule.inputBytesMax) bytes do not fit one message of "
                    + "\(ProtocolLimits.playMessageBytesMax): \"inputMax\" can be \(TickRule.inputBytesFitting(players: groupSize))")
        }
        return rule
    }

    private static func absence(_ node: ConfigurationNode, groupSize: Int) throws(ConfigurationError) -> AbsenceRule {
        let object = try node.object(.absence)
        var rule = AbsenceRule(pauses: try object["pauses"]?.boolean() ?? false, loss: try object.code("loss") ?? .end)
        guard let node = object["playersMin"] else { return rule }
        rule.playersMin = try node.number(in: AbsenceRule.playersRange)
        guard rule.playersMin < groupSize else {
            throw node.error("\(rule.playersMin) is not smaller than groupSize, which is \(groupSize)")
        }
        return rule
    }

    private static func barriers(_ node: ConfigurationNode) throws(ConfigurationError) -> BarrierRule {
        let object = try node.object(.barriers)
        var rule = BarrierRule(missing: try object.code("missing") ?? .end)
        if let node = object["countdown"] { rule.countdownMs = try node.duration(in: BarrierRule.countdownRangeMs) }
        return rule
    }

    private static func episodes(_ node: ConfigurationNode) throws(ConfigurationError) -> EpisodeRule {
        let object = try node.object(.episodes)
        var rule = EpisodeRule(
            count: try object.required("count").number(in: EpisodeRule.countRange),
            timeoutMs: try object.required("timeout").duration(in: EpisodeRule.timeoutRangeMs))
        if let node = object["resetTimeout"] { rule.resetTimeoutMs = try node.duration(in: EpisodeRule.timeoutRangeMs) }
        rule.endsWhen = try object.code("endsWhen") ?? rule.endsWhen
        return rule
    }

    private static func watch(_ node: ConfigurationNode) throws(ConfigurationError) -> WatchRule {
        let object = try node.object(.watch)
        var rule = WatchRule()
        if let node = object["roundTripMax"] {
            rule.roundTripMaxMs = try node.duration(in: 1...WatchRule.roundTripRangeMs.upperBound)
            rule.roundTripForMs = try object.required("roundTripFor").duration(in: WatchRule.durationRangeMs)
        } else if let node = object["roundTripFor"] {
            throw node.error("says how long, and \"roundTripMax\", which says over what, is not there")
        }
        let spans = 1...WatchRule.durationRangeMs.upperBound
        if let node = object["silentFor"] { rule.silentForMs = try node.duration(in: spans) }
        if let node = object["hiddenFor"] { rule.hiddenForMs = try node.duration(in: spans) }
        if let node = object["warning"] { rule.warningMs = try node.duration(in: WatchRule.durationRangeMs) }
        return rule
    }
}

extension ConfigurationNode {
    fileprivate func number<Number: FixedWidthInteger>(
        in range: ClosedRange<Number>
    ) throws(ConfigurationError) -> Number {
        Number(try integer(in: Int(range.lowerBound)...Int(range.upperBound)))
    }

    fileprivate func duration<Number: FixedWidthInteger>(
        in rangeMs: ClosedRange<Number>
    ) throws(ConfigurationError) -> Number {
        Number(try durationMs(in: Int(rangeMs.lowerBound)...Int(rangeMs.upperBound)))
    }

    fileprivate func size<Number: FixedWidthInteger>(
        in range: ClosedRange<Number>
    ) throws(ConfigurationError) -> Number {
        Number(try bytes(in: Int(range.lowerBound)...Int(range.upperBound)))
    }
}

extension ConfigurationObject {
    /// A code of the session protocol, written as its name there; nil when the key is not there.
    fileprivate func code<Code: CaseIterable>(_ key: String) throws(ConfigurationError) -> Code? {
        guard let node = self[key] else { return nil }
        let text = try node.text()
        guard let code = Code.allCases.first(where: { "\($0)" == text }) else {
            throw node.error(
                "\(quoted(text)) is not one of \(Code.allCases.map { "\($0)" }.joined(separator: ", "))")
        }
        return code
    }
}
