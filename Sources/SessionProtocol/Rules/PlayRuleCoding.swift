// A rule of play is a few integers and codes of fixed width, in the order in which `session-protocol.md` names them.

/// A rule that stands under a tag of its own.
protocol PlayRuleCoding {
    static var byteCount: Int { get }
    func encode(into writer: inout ByteWriter)
    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError)
}

/// Reads the fields of one rule; whatever is wrong with one is wrong in the rule's name.
struct RuleReader {
    let name: String
    private var reader = ByteReader()

    init(_ name: String) { self.name = name }

    mutating func flag(_ bytes: Span<UInt8>) throws(WireError) -> Bool { try reader.bool(bytes, name) }

    mutating func u8(_ bytes: Span<UInt8>, in range: ClosedRange<UInt8>) throws(WireError) -> UInt8 {
        try checked(try reader.u8(bytes, name), range)
    }

    mutating func u16(_ bytes: Span<UInt8>, in range: ClosedRange<UInt16>) throws(WireError) -> UInt16 {
        try checked(try reader.u16(bytes, name), range)
    }

    mutating func u32(_ bytes: Span<UInt8>, in range: ClosedRange<UInt32>) throws(WireError) -> UInt32 {
        try checked(try reader.u32(bytes, name), range)
    }

    mutating func code<Code: RawRepresentable<UInt8>>(_ bytes: Span<UInt8>) throws(WireError) -> Code {
        guard let code = Code(rawValue: try reader.u8(bytes, name)) else { throw .badValue(name) }
        return code
    }

    func finish(_ bytes: Span<UInt8>) throws(WireError) { try reader.finish(bytes) }

    private func checked<Number: Comparable>(_ number: Number, _ range: ClosedRange<Number>) throws(WireError) -> Number {
        guard range.contains(number) else { throw .badValue(name) }
        return number
    }
}

extension PlayRules {
    /// The rules that are asked for, by tag.
    var all: [(tag: ExtensionTag, rule: any PlayRuleCoding)] {
        ExtensionTag.allCases.compactMap { tag in self[tag].map { (tag, $0) } }
    }

    /// The rule under a tag; nil when there is none, and for a tag of anything else.
    subscript(tag: ExtensionTag) -> (any PlayRuleCoding)? {
        switch tag {
        case .treatment, .roles, .pairs, .losses: nil
        case .attempts: attempts
        case .start: start
        case .relay: relay
        case .ticks: ticks
        case .absence: absence
        case .barriers: barriers
        case .episodes: episodes
        case .watch: watch
        }
    }

    /// Takes the rule that stands under a tag.
    mutating func read(_ tag: ExtensionTag, _ bytes: Span<UInt8>) throws(WireError) {
        var reader = RuleReader("\(tag)")
        switch tag {
        case .treatment, .roles, .pairs, .losses: preconditionFailure("\(tag) is no rule of play")
        case .attempts: attempts = try AttemptRule(&reader, bytes)
        case .start: start = try StartRule(&reader, bytes)
        case .relay: relay = try RelayRule(&reader, bytes)
        case .ticks: ticks = try TickRule(&reader, bytes)
        case .absence: absence = try AbsenceRule(&reader, bytes)
        case .barriers: barriers = try BarrierRule(&reader, bytes)
        case .episodes: episodes = try EpisodeRule(&reader, bytes)
        case .watch: watch = try WatchRule(&reader, bytes)
        }
        try reader.finish(bytes)
    }
}

extension AttemptRule: PlayRuleCoding {
    static var byteCount: Int { 5 }

    func encode(into writer: inout ByteWriter) {
        writer.u8(attemptsMax)
        writer.u32(attemptTimeoutMs)
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            attemptsMax: try reader.u8(bytes, in: AttemptRule.attemptsRange),
            attemptTimeoutMs: try reader.u32(bytes, in: AttemptRule.timeoutRangeMs))
    }
}

extension StartRule: PlayRuleCoding {
    static var byteCount: Int { 4 }

    func encode(into writer: inout ByteWriter) { writer.u32(countdownMs) }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(countdownMs: try reader.u32(bytes, in: StartRule.countdownRangeMs))
    }
}

extension RelayRule: PlayRuleCoding {
    static var byteCount: Int { 13 }

    func encode(into writer: inout ByteWriter) {
        writer.u32(messagesPerSecond)
        writer.u32(bytesPerSecond)
        writer.u32(backlogBytesMax)
        writer.u8(slowReader.rawValue)
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            messagesPerSecond: try reader.u32(bytes, in: RelayRule.messagesRange),
            bytesPerSecond: try reader.u32(bytes, in: RelayRule.bytesRange),
            backlogBytesMax: try reader.u32(bytes, in: RelayRule.backlogRangeBytes),
            slowReader: try reader.code(bytes))
    }
}

extension TickRule: PlayRuleCoding {
    static var byteCount: Int { 8 }

    func encode(into writer: inout ByteWriter) {
        writer.u16(intervalMs)
        writer.u16(inputBytesMax)
        writer.u16(ticksKept)
        writer.u8(missingInput.rawValue)
        writer.u8(lateInput.rawValue)
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            intervalMs: try reader.u16(bytes, in: TickRule.intervalRangeMs),
            inputBytesMax: try reader.u16(bytes, in: TickRule.inputRangeBytes),
            ticksKept: try reader.u16(bytes, in: TickRule.keptRange),
            missingInput: try reader.code(bytes), lateInput: try reader.code(bytes))
    }
}

extension AbsenceRule: PlayRuleCoding {
    static var byteCount: Int { 3 }

    func encode(into writer: inout ByteWriter) {
        writer.bool(pauses)
        writer.u8(loss.rawValue)
        writer.u8(playersMin)
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            pauses: try reader.flag(bytes), loss: try reader.code(bytes),
            playersMin: try reader.u8(bytes, in: AbsenceRule.playersRange))
    }
}

extension BarrierRule: PlayRuleCoding {
    static var byteCount: Int { 5 }

    func encode(into writer: inout ByteWriter) {
        writer.u8(missing.rawValue)
        writer.u32(countdownMs)
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            missing: try reader.code(bytes), countdownMs: try reader.u32(bytes, in: BarrierRule.countdownRangeMs))
    }
}

extension EpisodeRule: PlayRuleCoding {
    static var byteCount: Int { 11 }

    func encode(into writer: inout ByteWriter) {
        writer.u16(count)
        writer.u32(timeoutMs)
        writer.u32(resetTimeoutMs)
        writer.u8(endsWhen.rawValue)
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            count: try reader.u16(bytes, in: EpisodeRule.countRange),
            timeoutMs: try reader.u32(bytes, in: EpisodeRule.timeoutRangeMs),
            resetTimeoutMs: try reader.u32(bytes, in: EpisodeRule.timeoutRangeMs), endsWhen: try reader.code(bytes))
    }
}

extension WatchRule: PlayRuleCoding {
    static var byteCount: Int { 20 }

    func encode(into writer: inout ByteWriter) {
        for number in [roundTripMaxMs, roundTripForMs, silentForMs, hiddenForMs, warningMs] { writer.u32(number) }
    }

    init(_ reader: inout RuleReader, _ bytes: Span<UInt8>) throws(WireError) {
        self.init(
            roundTripMaxMs: try reader.u32(bytes, in: WatchRule.roundTripRangeMs),
            roundTripForMs: try reader.u32(bytes, in: WatchRule.durationRangeMs),
            silentForMs: try reader.u32(bytes, in: WatchRule.durationRangeMs),
            hiddenForMs: try reader.u32(bytes, in: WatchRule.durationRangeMs),
            warningMs: try reader.u32(bytes, in: WatchRule.durationRangeMs))
    }
}
