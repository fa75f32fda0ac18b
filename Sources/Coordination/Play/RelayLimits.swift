import SessionProtocol

/// How much one player of a session may send through the coordinator.
struct RelayRate: Sendable {
    let messagesPerSecond: Int64
    let bytesPerSecond: Int64

    /// As the scene says, or else as the coordinator does.
    init(_ rule: RelayRule?, _ limits: CoordinationLimits) {
        messagesPerSecond = rule.map { Int64($0.messagesPerSecond) } ?? Int64(limits.relayMessagesPerSecondMax)
        bytesPerSecond = rule.map { Int64($0.bytesPerSecond) } ?? Int64(limits.relayBytesPerSecondMax)
    }
}

/// What one player has left to send: two buckets, of messages and of bytes, that fill all the time and hold what flows in
/// within `burstMs`. A full one lets a message of any size go, so that none is too large for ever; what it held too little of
/// has to flow in before the next.
struct RelayBudget: Sendable {
    static let burstMs: Int64 = 2_000
    private static let complaintsEveryMs: UInt64 = 1_000

    /// In thousandths, so that each millisecond adds a whole number.
    private var messages: Int64 = .max
    private var bytes: Int64 = .max
    private var filledMs: UInt64 = 0
    private var complainsFromMs: UInt64 = 0

    /// Takes what one message costs; false when it may not be sent.
    @inline(__always)
    mutating func spend(_ byteCount: Int, _ rate: RelayRate, nowMs: UInt64) -> Bool {
        if nowMs > filledMs {
            let elapsedMs = Int64(min(nowMs - filledMs, UInt64(2 * RelayBudget.burstMs)))
            messages = RelayBudget.filled(messages, rate.messagesPerSecond, elapsedMs)
            bytes = RelayBudget.filled(bytes, rate.bytesPerSecond, elapsedMs)
            filledMs = nowMs
        }
        let cost = Int64(byteCount) * 1000
        guard messages >= 1000, bytes >= min(cost, rate.bytesPerSecond * RelayBudget.burstMs) else { return false }
        messages -= 1000
        bytes -= cost
        return true
    }

    private static func filled(_ level: Int64, _ perSecond: Int64, _ elapsedMs: Int64) -> Int64 {
        let most = perSecond * burstMs
        return min(most, min(level, most) + perSecond * elapsedMs)
    }

    /// Whether the player hears of a refusal, which it does once a second at most.
    mutating func complains(nowMs: UInt64) -> Bool {
        guard nowMs >= complainsFromMs else { return false }
        complainsFromMs = nowMs + RelayBudget.complaintsEveryMs
        return true
    }
}
