import SessionProtocol
import Testing

@testable import Coordination

@Suite struct RelayTests {
    @Test("a message reaches the one it is for, or all others")
    func addressing() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1, players: 3))
            #expect(stage.relay(1) == "p0 to [2, 3]")
            #expect(stage.relay(2, kind: 1) == "p1 to [1, 3]")
            #expect(stage.relay(3, to: 0) == "p2 to [1]")
        }
    }

    @Test("oneself, nobody, unknown kinds and the wrong state are refused")
    func refusing() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.relay(1, to: 0) == "no_such_player")
            #expect(stage.relay(1, to: 2) == "no_such_player")
            #expect(stage.relay(1, to: 254) == "no_such_player")
            for kind: UInt8 in [2, 3, 255] { #expect(stage.relay(1, kind: kind) == "bad_message") }
            stage.assign(Stage.assignment(2))
            stage.enter(9, 2, player: 0)
            #expect(stage.relay(9) == "wrong_state")
        }
    }

    @Test("relay works between peers too")
    func peers() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            #expect(stage.relay(1) == "wrong_state")
            stage.validateAll(2)
            #expect(stage.relay(1) == "p0 to [2]")
        }
    }

    @Test("a session that has just ended takes no more, without a word")
    func ended() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .leave)
            #expect(stage.relay(1) == "p0 to []")
            #expect(stage.ask(2, .finish(result: nil)) == [])
        }
    }

    @Test("one who returns gets the ordered messages it has not seen, of all senders, in the order of delivery")
    func replaying() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1, players: 3))
            _ = stage.relay(2, [1])
            _ = stage.relay(3, to: 0, [2])
            _ = stage.relay(2, kind: 1, [3])
            stage.cut(1)
            #expect(stage.relay(3, [4]) == "p2 to [2]")
            #expect(stage.relay(2, to: 0, [5, 5]) == "p1 to []")
            _ = stage.relay(2, to: 2, [6])
            #expect(
                stage.enter(4, 1, player: 0, received: 1).dropFirst(3) == [
                    "4 < play relay 7", "4 < replay p2 [2]", "4 < replay p2 [4]", "4 < replay p1 [5, 5]",
                ])
            #expect(
                stage.enter(5, 1, player: 0, received: 3).dropFirst(2) == ["5 < play relay 7", "5 < replay p1 [5, 5]"])
            #expect(stage.enter(6, 1, player: 0, received: .max).last == "6 < play relay 7")
        }
    }

    @Test("one who missed more than is kept hears how many are lost")
    func replayingPart() {
        var limits = CoordinationLimits()
        limits.replayMessagesMax = 2
        Stage.play(limits: limits) { stage in
            stage.begin(Stage.assignment(1))
            for number: UInt8 in 1...5 { _ = stage.relay(2, [number]) }
            #expect(
                stage.enter(3, 1, player: 0, received: 1) == [
                    "1 x replaced", "3 < entered p0 [0+ 1+] playing missed 2", "3 < play relay 7", "3 < replay p1 [4]",
                    "3 < replay p1 [5]",
                ])
            #expect(stage.notices == [.replayIncomplete(Stage.session(1), PlayerIndex(0), missed: 2)])
        }
    }

    @Test("the targets are emptied, and their memory is used again")
    func targets() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            var targets = RelayTargets()
            let payload: [UInt8] = [1]
            for (kind, count) in [(0, 1), (9, 0), (1, 1)] as [(UInt8, Int)] {
                _ = stage.core.relay(
                    from: ConnectionHandle(1), kind: kind, address: 255, payload: payload.span, now: stage.now,
                    targets: &targets)
                #expect(targets.count == count && targets.handles == [ConnectionHandle(2)])
            }
        }
    }
}

@Suite struct ReplayRingTests {
    private func contents(_ ring: ReplayRing, for player: UInt8 = 9, skipping skipped: UInt64 = 0) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        ring.forEach(for: PlayerIndex(player), skipping: skipped) { messages.append([$0.number] + $1) }
        return messages
    }

    /// How many of the newest messages fit into so many bytes.
    private func fitting(_ messages: [[UInt8]], bytesMax: Int, messagesMax: Int) -> Int {
        var used = 0
        return messages.reversed().prefix { message in
            used += ReplayRing.headerBytes + message.count - 1
            return used <= bytesMax
        }.prefix(messagesMax).count
    }

    @Test("the ring keeps the newest that fit, but for an eighth at most, whatever their sizes", arguments: [16, 40, 1500, 4096])
    func keepingNewest(bytesMax: Int) {
        let bounds = ReplayRing.Bounds(bytesMax: bytesMax, messagesMax: 48)
        var ring = ReplayRing()
        var all: [[UInt8]] = []
        var random = SplitMix(seed: UInt64(bytesMax))
        for number in 0..<2_000 {
            let size = Int(random.next() % UInt64(number % 100 == 0 ? bytesMax : max(2, bytesMax / 8)))
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 ^ number) }
            let sender = UInt8(number % 4)
            ring.append(payload.span, from: PlayerIndex(sender), to: CoordinatorCore.everyoneElse, bounds)
            all.append([sender] + payload)

            let most = fitting(all, bytesMax: bytesMax, messagesMax: 48)
            let least = min(1, most) + fitting(all.dropLast(), bytesMax: bytesMax - bytesMax / 8 - size - 6, messagesMax: 41)
            #expect((min(least, most)...most).contains(ring.count))
            #expect(contents(ring) == Array(all.suffix(ring.count)))
            #expect(ring.count(for: PlayerIndex(sender)) == all.suffix(ring.count).count { $0[0] != sender })
            #expect(contents(ring, skipping: UInt64(max(1, ring.count) - 1)).count == min(1, ring.count))
        }
    }

    @Test("a player gets what was addressed to it or to all others, and not its own")
    func addressing() {
        let bounds = ReplayRing.Bounds(bytesMax: 4096, messagesMax: 48)
        var ring = ReplayRing()
        for (number, way): (UInt8, (UInt8, UInt8)) in [(1, (0, 255)), (2, (1, 0)), (3, (2, 1)), (4, (2, 255))] {
            ring.append([number].span, from: PlayerIndex(way.0), to: way.1, bounds)
        }
        #expect(contents(ring, for: 0) == [[1, 2], [2, 4]])
        #expect(contents(ring, for: 1) == [[0, 1], [2, 3], [2, 4]])
        #expect(contents(ring, for: 2) == [[0, 1]])
        #expect(contents(ring, for: 1, skipping: 2) == [[2, 4]])
    }

    @Test("a message too large to keep leaves nothing before it either, since that would hide a gap")
    func tooLarge() {
        let bounds = ReplayRing.Bounds(bytesMax: 16, messagesMax: 8)
        var ring = ReplayRing()
        ring.append(([1] as [UInt8]).span, from: PlayerIndex(0), to: 255, bounds)
        ring.append([UInt8](repeating: 2, count: 11).span, from: PlayerIndex(0), to: 255, bounds)
        #expect(contents(ring) == [] && ring.count(for: PlayerIndex(1)) == 0)
        ring.append(([3] as [UInt8]).span, from: PlayerIndex(0), to: 255, bounds)
        #expect(contents(ring) == [[0, 3]])
    }
}

@Suite struct PlaceCacheTests {
    @Test("a place is known until another connection needs its room, and never for another connection")
    func remembering() {
        var cache = PlaceCache()
        let step = UInt64(PlaceCache.countMax)
        let numbers = (0..<200).map { UInt64($0) } + (0..<200).map { UInt64($0) + 7 * step }
        for number in numbers {
            cache.remember(.init(connection: ConnectionHandle(number), session: Int(number), player: PlayerIndex(1)))
            #expect(cache[ConnectionHandle(number)]?.session == Int(number))
            #expect(cache[ConnectionHandle(number + step)] == nil)
        }
        for number in numbers {
            let place = cache[ConnectionHandle(number)]
            #expect(place == nil || place?.session == Int(number))
        }
        #expect(cache[ConnectionHandle(7 * step + 199)] != nil && cache[ConnectionHandle(199)] == nil)
    }

    @Test("one whose seat was taken over by a newer connection, or whose session is another's place now, relays nothing")
    func staleness() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.relay(1) == "p0 to [2]" && stage.relay(2) == "p1 to [1]")
            stage.enter(3, 1, player: 0)
            #expect(stage.relay(1) == "wrong_state" && stage.relay(3) == "p0 to [2]")
            stage.ask(3, .leave)
            #expect(stage.relay(3) == "p0 to []" && stage.relay(2) == "p1 to []")
            stage.assign(Stage.assignment(2))
            stage.enter(4, 2, player: 0)
            stage.enter(5, 2, player: 1)
            #expect(stage.relay(3) == "p0 to []" && stage.relay(2) == "p1 to []")
            #expect(stage.relay(4) == "p0 to [5]")
        }
    }
}

/// A small deterministic generator.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
