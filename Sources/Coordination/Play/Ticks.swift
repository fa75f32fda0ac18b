import SessionProtocol

/// Lockstep of one session: everybody's inputs for the ticks to come, and bundles of those that have been. Ticks are numbered
/// from 1; the n-th is due n intervals after the start, however late one of them was.
struct Ticks: Sendable {
    static let numberBytes = 4

    let rule: TickRule
    /// The number of the next bundle.
    private(set) var next: UInt32 = 1
    /// From here the ticks are counted: the start, moved on by what was paused and skipped.
    private var originMs: UInt64
    /// Since when they stand still; nil while they run.
    private(set) var pausedMs: UInt64?
    /// By number of the tick, as many as may be sent ahead.
    private var inputs: [TickInputs]
    /// Those of the last bundle.
    private var last: TickInputs
    /// Bundles, kept for those who return.
    private var kept = ReplayRing()

    init(_ rule: TickRule, players: Int, startMs: UInt64, aheadMax: Int) {
        self.rule = rule
        originMs = startMs
        inputs = Array(repeating: TickInputs(players: players), count: max(1, aheadMax))
        last = TickInputs(players: players)
    }

    /// When the next bundle is due by the boot clock, were they not paused.
    var dueMs: UInt64 { originMs + UInt64(next) * UInt64(rule.intervalMs) }

    var keptCount: Int { kept.count }

    /// Inputs that wait for their ticks.
    var inputCount: Int { inputs.reduce(0) { $0 + $1.count } }

    // MARK: Inputs

    /// Takes an input for a tick, 0 standing for the next one; for the first tick from there that has none of this player.
    mutating func take(_ input: Span<UInt8>, from player: Int, for tick: UInt32) -> InputResult {
        guard input.count <= Int(rule.inputBytesMax) else { return .refused(.badMessage) }
        var ahead: UInt32 = 0
        if tick >= next {
            ahead = tick - next
        } else if tick > 0, rule.lateInput == .drop {
            return .dropped
        }
        while ahead < inputs.count {
            let slot = slot(of: next &+ ahead)
            if !inputs[slot].has(player) {
                inputs[slot].take(input, from: player)
                return .taken
            }
            ahead += 1
        }
        return .refused(.rateLimited)
    }

    private func slot(of tick: UInt32) -> Int { Int(tick % UInt32(inputs.count)) }

    // MARK: Bundles

    /// Makes the next bundle, whose number comes first in it, and keeps it.
    mutating func makeBundle(into bundle: inout [UInt8], bytesMax: Int) {
        bundle.removeAll(keepingCapacity: true)
        for position in 1...Ticks.numberBytes {
            bundle.append(UInt8(truncatingIfNeeded: next >> UInt32(8 * (Ticks.numberBytes - position))))
        }
        let slot = slot(of: next)
        switch rule.missingInput {
        case .empty: inputs[slot].write(to: &bundle, after: last, repeats: false)
        case .repeat: inputs[slot].write(to: &bundle, after: last, repeats: true)
        }
        swap(&inputs[slot], &last)
        inputs[slot].removeAll()
        next &+= 1
        guard rule.ticksKept > 0 else { return }
        // The ring lets an eighth go at once; so many are left then.
        let most = Int(rule.ticksKept) + Int(rule.ticksKept) / 7 + 1
        kept.append(
            bundle.span, from: Ticks.server, to: CoordinatorCore.everyoneElse,
            ReplayRing.Bounds(bytesMax: bytesMax, messagesMax: most))
    }

    /// No player has this number.
    private static let server = PlayerIndex(255)

    /// After a stall: lets the time go by in which more bundles than `atOnceMax` fell due, and says how long that was.
    mutating func skip(nowMs: UInt64, atOnceMax: Int) -> UInt64 {
        let intervalMs = UInt64(rule.intervalMs)
        guard nowMs >= dueMs else { return 0 }
        let dueCount = (nowMs - dueMs) / intervalMs + 1
        guard dueCount > UInt64(max(1, atOnceMax)) else { return 0 }
        let skippedMs = (dueCount - UInt64(max(1, atOnceMax))) * intervalMs
        originMs += skippedMs
        return skippedMs
    }

    // MARK: Returning

    /// The number of the oldest bundle that is kept, or of the next one.
    private var firstKept: UInt32 { next - UInt32(min(Int(next) - 1, kept.count)) }

    /// How many bundles after number `seen` are no longer kept.
    func missed(after seen: UInt32) -> UInt32 {
        let from = min(seen, next - 1) + 1
        return firstKept > from ? firstKept - from : 0
    }

    /// The bundles after number `seen`, as far as they are kept, oldest first.
    func forEachKept(after seen: UInt32, _ body: ([UInt8]) -> Void) {
        let from = min(seen, next - 1) + 1
        kept.forEach(for: PlayerIndex(0), skipping: UInt64(from > firstKept ? from - firstKept : 0)) { body($1) }
    }

    // MARK: Standing still

    mutating func pause(nowMs: UInt64) { pausedMs = pausedMs ?? nowMs }

    /// They go on at an instant from where they stood.
    mutating func resume(atMs: UInt64) {
        guard let pausedMs else { return }
        originMs += atMs - min(atMs, pausedMs)
        self.pausedMs = nil
    }
}

/// What became of a player's input.
public enum InputResult: Hashable, Sendable {
    /// It goes into a bundle to come.
    case taken
    /// It came too late and the scene wants none then, or was refused and the sender told so a moment ago already.
    case dropped
    /// The sender is answered with this error; not fatal.
    case refused(PlayerError)
}

/// What a client is told of the ticks.
public struct TickTerms: Hashable, Sendable {
    public let intervalMs: UInt16
    public let inputBytesMax: UInt16
    /// The number of the next bundle that is made.
    public let next: UInt32
}
