import SessionProtocol

/// How much one player may send of something: on average, and at once after a pause.
struct SendRate: Sendable {
    let messagesPerSecond: Int64
    let bytesPerSecond: Int64
    /// In thousandths of a message and of a byte, as `SendBudget` counts.
    fileprivate let messagesMost: Int64
    fileprivate let bytesMost: Int64

    /// What goes through the coordinator in play, as the scene says, or else as the coordinator does; at once two seconds' worth.
    static func relay(_ rule: RelayRule?, _ limits: CoordinationLimits) -> SendRate {
        let messages = rule.map { Int64($0.messagesPerSecond) } ?? Int64(limits.relayMessagesPerSecondMax)
        let bytes = rule.map { Int64($0.bytesPerSecond) } ?? Int64(limits.relayBytesPerSecondMax)
        return SendRate(
            messagesPerSecond: messages, bytesPerSecond: bytes, messagesMost: messages * 2_000, bytesMost: bytes * 2_000)
    }

    static func signals(_ limits: CoordinationLimits) -> SendRate {
        SendRate(
            messagesPerSecond: Int64(limits.signalsPerSecondMax), bytesPerSecond: Int64(limits.signalBytesPerSecondMax),
            messagesMost: Int64(limits.signalsBurstMax) * 1_000, bytesMost: Int64(limits.signalBytesBurstMax) * 1_000)
    }
}

/// What one player has left to send: two buckets, of messages and of bytes, that fill all the time, and are full at first. A full
/// one lets a message of any size go, so that none is too large for ever; what it held too little of has to flow in before
/// the next. What is refused costs nothing.
struct SendBudget: Sendable {
    /// Bounded, so that what flows in is.
    private static let elapsedMsMax: UInt64 = 1_000_000
    private static let complaintsEveryMs: UInt64 = 1_000

    /// In thousandths, so that each millisecond adds a whole number.
    private var messages: Int64 = .max
    private var bytes: Int64 = .max
    private var filledMs: UInt64 = 0
    private var complainsFromMs: UInt64 = 0

    /// Takes what one message costs; false when it may not be sent.
    @inline(__always)
    mutating func spend(_ byteCount: Int, _ rate: SendRate, nowMs: UInt64) -> Bool {
        if nowMs > filledMs {
            let elapsedMs = Int64(min(nowMs - filledMs, SendBudget.elapsedMsMax))
            messages = min(rate.messagesMost, min(messages, rate.messagesMost) + rate.messagesPerSecond * elapsedMs)
            bytes = min(rate.bytesMost, min(bytes, rate.bytesMost) + rate.bytesPerSecond * elapsedMs)
            filledMs = nowMs
        }
        let cost = Int64(byteCount) * 1000
        guard messages >= 1000, bytes >= min(cost, rate.bytesMost) else { return false }
        messages -= 1000
        bytes -= cost
        return true
    }

    /// Whether the player hears of a refusal, which it does once a second at most.
    mutating func complains(nowMs: UInt64) -> Bool {
        guard nowMs >= complainsFromMs else { return false }
        complainsFromMs = nowMs + SendBudget.complaintsEveryMs
        return true
    }
}
