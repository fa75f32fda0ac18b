import SessionProtocol

/// What went through a coordinator in one session: what each player is to hear, in which order, and what each may still send.
final class RelayAccount {
    /// All ordered messages for each player, by who sent them: see `word`.
    private(set) var ordered: [[UInt64]]
    /// How many of them each player's connection has been sent, or has seen on an older one.
    var said: [Int]
    /// Ordered messages of all.
    private(set) var count = 0
    let rule: RelayRule?
    /// What each player has left to send, in thousandths of a message, and when that was.
    private var left: [(thousandths: UInt64, atMs: UInt64)]

    init(players: Int, _ rule: RelayRule?) {
        ordered = Array(repeating: [], count: players)
        said = Array(repeating: 0, count: players)
        self.rule = rule
        left = Array(repeating: (UInt64(rule?.messagesPerSecond ?? 0) * 2000, 0), count: players)
    }

    /// A message of a sender's page, by its number.
    static func word(_ from: UInt8, _ page: UInt32, _ number: UInt32) -> UInt64 {
        UInt64(from) << 56 | UInt64(page & 0xFF_FFFF) << 32 | UInt64(number)
    }

    func append(_ word: UInt64, from sender: Int, to address: UInt8) {
        count += 1
        if address != 255 { return ordered[Int(address)].append(word) }
        for player in ordered.indices where player != sender { ordered[player].append(word) }
    }

    /// Whether a player may send one more message now, by the scene's rule; nil without one.
    func maySend(_ player: Int, _ nowMs: UInt64) -> Bool? {
        guard let rule else { return nil }
        if nowMs > left[player].atMs {
            let gained = UInt64(rule.messagesPerSecond) * min(nowMs - left[player].atMs, 1_000_000)
            left[player] = (min(left[player].thousandths + gained, UInt64(rule.messagesPerSecond) * 2000), nowMs)
        }
        return left[player].thousandths >= 1000
    }

    func spend(_ player: Int) { if rule != nil { left[player].thousandths -= min(left[player].thousandths, 1000) } }
}
