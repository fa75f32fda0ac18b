import SessionProtocol

extension Truth {
    /// The ticks of one session by the words of its rule: which inputs wait for which of them, and when the next is due.
    struct TickAccount {
        let rule: TickRule
        /// The number of the next bundle.
        var next: UInt32 = 1
        /// From here the ticks are counted, on the coordinator's boot clock.
        var originMs: UInt64
        /// By player: the numbers of its inputs, and their ticks.
        private var waiting: [[(tick: UInt32, number: UInt32)]]
        /// By player: the number of the input that was last in a bundle.
        private var last: [UInt32?]

        init(_ rule: TickRule, players: Int, startMs: UInt64) {
            self.rule = rule
            originMs = startMs
            waiting = Array(repeating: [], count: players)
            last = Array(repeating: nil, count: players)
        }

        var dueMs: UInt64 { originMs + UInt64(next) * UInt64(rule.intervalMs) }

        enum Taken { case taken, late, full }

        /// A player sends an input for a tick, 0 standing for the next.
        mutating func take(_ number: UInt32, from player: Int, for tick: UInt32, aheadMax: Int) -> Taken {
            if tick > 0, tick < next, rule.lateInput == .drop { return .late }
            var wanted = max(tick, next)
            while wanted < next + UInt32(aheadMax) {
                if !waiting[player].contains(where: { $0.tick == wanted }) {
                    waiting[player].append((wanted, number))
                    return .taken
                }
                wanted += 1
            }
            return .full
        }

        /// What the next bundle has to hold of each player.
        var bundle: [Bundle.Input?] {
            waiting.indices.map { player in
                if let input = waiting[player].first(where: { $0.tick == next }) { return Bundle.Input(number: input.number, isRepeated: false) }
                guard rule.missingInput == .repeat, let number = last[player] else { return nil }
                return Bundle.Input(number: number, isRepeated: true)
            }
        }

        /// It has been made.
        mutating func endTick() {
            for player in waiting.indices {
                guard let position = waiting[player].firstIndex(where: { $0.tick == next }) else { continue }
                last[player] = waiting[player].remove(at: position).number
            }
            next += 1
        }
    }
}

/// A bundle as a client reads it.
struct Bundle {
    struct Input: Equatable {
        let number: UInt32
        let isRepeated: Bool
    }

    var tick: UInt32
    var inputs: [Input?] = []

    init?(_ bytes: [UInt8]) {
        func number(_ at: Int, _ count: Int) -> UInt32 { bytes[at..<at + count].reduce(0) { $0 << 8 | UInt32($1) } }
        guard bytes.count >= 4 else { return nil }
        tick = number(0, 4)
        var at = 4
        while at + 2 <= bytes.count {
            let head = number(at, 2)
            at += 2
            if head == 0xFFFF {
                inputs.append(nil)
                continue
            }
            guard head & 0x7FFF == 4, at + 4 <= bytes.count else { return nil }
            inputs.append(Input(number: number(at, 4), isRepeated: head & 0x8000 != 0))
            at += 4
        }
        guard at == bytes.count else { return nil }
    }
}
