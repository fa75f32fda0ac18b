import Coordination
import Matchmaking
import SessionProtocol

/// Scenes in lockstep: a bundle is the same for all and in all replays, numbers have no gaps but those that are told, inputs
/// come in the order of their sending, and nobody outside hears.
extension SceneCatalog {
    /// In some runs one scene more, from a stream of its own, so that the other runs stay as they are.
    static func drawTicking(_ settings: SessionSettings, _ waitTimeoutMs: UInt64, root: UInt64) -> [Scene] {
        var random = SmallGenerator(root: root, stream: 9_600)
        guard random.perMille(300), let id = try? SceneID("lockstep") else { return [] }
        var settings = settings
        settings.validatesPeers = false
        let ticks = TickRule(
            intervalMs: UInt16(random.between(20, 300)), inputBytesMax: 8, ticksKept: random.pick([0, 3, 600]) ?? 600,
            missingInput: random.perMille(500) ? .empty : .repeat, lateInput: random.perMille(500) ? .next : .drop)
        let start = random.perMille(500) ? StartRule(countdownMs: UInt32(random.between(0, 800))) : nil
        let relay = random.perMille(300)
            ? RelayRule(messagesPerSecond: UInt32(random.between(1, 20)), bytesPerSecond: 1024, backlogBytesMax: 65_536) : nil
        return [
            Scene(
                id: id, groupSize: random.between(2, 5), settings: settings,
                playRules: PlayRules(start: start, relay: relay, ticks: ticks), waitTimeoutMs: waitTimeoutMs)
        ]
    }
}

extension Truth {
    /// What is known of a bundle: enough to tell another from it.
    static func digest(_ bundle: [UInt8]) -> UInt64 {
        bundle.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension World {
    /// A coordinator has made a bundle, for these connections.
    func bundleMade(_ bundle: [UInt8], _ host: CoordinatorHost) {
        let seats = truth.coordinators[host.number - 1].seats
        var sessions: Set<Int> = []
        for index in 0..<host.targets.count {
            guard let seat = seats[Int(host.targets[index].number)] else {
                return fail(.strangerHeard, "n\(host.number) sends a tick to a connection that has no seat")
            }
            sessions.insert(seat.session)
        }
        guard sessions.count <= 1 else { return fail(.strangerHeard, "n\(host.number) sends a tick of \(sessions.count) sessions") }
        guard let session = sessions.first, let tick = Bundle(bundle)?.tick else { return }
        note(bundle, tick, of: session, "n\(host.number) makes")
        coverage.count(.ticked)
    }

    private func note(_ bundle: [UInt8], _ tick: UInt32, of session: Int, _ what: String) {
        let digest = Truth.digest(bundle)
        if let known = truth[session].bundles[tick], known != digest { fail(.ticksBroken, "\(what) another tick \(tick)") }
        truth[session].bundles[tick] = digest
    }

    /// A message was refused since its player sends too much.
    func noteRefused(_ kind: UInt8, _ page: UInt32, _ number: UInt32, of connection: Int, _ host: CoordinatorHost) {
        guard kind == 0, let seat = truth.coordinators[host.number - 1].seats[connection] else { return }
        truth[seat.session].refused.insert(Truth.Refused(player: Int(seat.player), page: page, number: number))
    }

    func sendInput(_ client: Int) {
        guard clients[client].hasTicks else { return }
        clients[client].inputNext &+= 1
        // Now and then one that is late, and now and then more than one.
        let tick = clients[client].random.perMille(plan.quirkPerMille) ? clients[client].lastTick : 0
        send(.input(tick: tick, number: clients[client].inputNext), on: clients[client].connection)
    }

    func hear(bundle bytes: [UInt8], _ client: Int) {
        guard let session = clients[client].session, let bundle = Bundle(bytes) else {
            return fail(.ticksBroken, "p\(client) hears a tick that cannot be read")
        }
        let (tick, last) = (bundle.tick, clients[client].lastTick)
        guard tick == last &+ 1 else { return fail(.ticksBroken, "p\(client) hears tick \(tick) behind tick \(last)") }
        clients[client].lastTick = tick
        guard bundle.inputs.count == clients[client].players else {
            return fail(.ticksBroken, "p\(client) hears tick \(tick) of \(bundle.inputs.count) players")
        }
        note(bytes, tick, of: truth.number(of: session), "p\(client) hears")
        guard let own = bundle.inputs[Int(clients[client].player)], !own.isRepeated else { return }
        guard own.number > clients[client].inputHeard, own.number <= clients[client].inputNext else {
            let heard = clients[client].inputHeard
            return fail(.ticksBroken, "p\(client) hears its own input \(own.number) behind \(heard)")
        }
        clients[client].inputHeard = own.number
        coverage.count(.inputHeard)
    }
}

/// A bundle as a client reads it.
private struct Bundle {
    var tick: UInt32
    var inputs: [(number: UInt32, isRepeated: Bool)?] = []

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
            inputs.append((number(at, 4), head & 0x8000 != 0))
            at += 4
        }
        guard at == bytes.count else { return nil }
    }
}
