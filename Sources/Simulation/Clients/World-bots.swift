import Coordination
import SessionProtocol

/// Bots in the seats of lost players: an administrator gets a ticket for the seat, and a program enters with it.
extension World {
    /// In scenes that have seats for bots.
    static func botCount(_ plan: RunPlan) -> Int {
        plan.scenes.contains { $0.playRules.absence?.loss == .bot } ? 6 : 0
    }

    func isBot(_ client: Int) -> Bool { clients[client].isBot }

    static let botPageFirst: UInt32 = 1_000_000

    /// A seat has become free. It may be offered, once or more often: to one that is told too late, too.
    func mayGiveSeat(_ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        guard copy.rules.absence?.loss == .bot, !isHealing else { return }
        var random = SmallGenerator(root: plan.root ^ truth[copy.session].id.low, stream: 9_950 + UInt64(player))
        guard random.perMille(800) else { return }
        for _ in 0...random.below(3) {
            guard let bot = (plan.clients..<clients.count).first(where: { clients[$0].stage == .away && clients[$0].session == nil }) else { return }
            // It is spoken for.
            clients[bot].session = truth[copy.session].id
            let someone = random.perMille(100) ? random.below(copy.count) : player
            queue.put(
                .input(
                    host.number, life: host.life,
                    .offerSeat(truth[copy.session].id, PlayerIndex(UInt8(someone)), bot: bot)),
                atUs: nowUs + random.between(0, 1_500_000))
            queue.put(.botGivesUp(bot, truth[copy.session].id), atUs: nowUs + 1_600_000)
        }
    }

    func offerSeat(_ session: SessionID, _ index: PlayerIndex, to bot: Int, _ host: CoordinatorHost) {
        let player = Int(index.number)
        let ticket = Ticket(high: clients[bot].random.next(), low: clients[bot].random.next())
        events += 1
        let offer = host.core.offerSeat(session, index, ticket)
        note("n\(host.number) offers seat \(player) of \(session.short): \(offer)")
        let copy = truth.coordinators[host.number - 1].copies[truth.number(of: session)]
        guard offer == .offered else {
            // Direct play may have reasons of its own.
            let isDue = copy.map { $0.lostFor[player] != nil && $0.connections[player] < 0 && !$0.isDirect } ?? false
            if isDue { fail(.rulesBroken, "n\(host.number) does not offer seat \(player) of \(session.short): \(offer)") }
            return release(bot)
        }
        coverage.count(.seatOffered)
        guard let copy, copy.rules.absence?.loss == .bot, copy.lostFor[player] != nil, copy.connections[player] < 0 else {
            return fail(.rulesBroken, "n\(host.number) offers seat \(player) of \(session.short), which is not free")
        }
        copy.seatTickets[player] = ticket
        clients[bot].session = session
        (clients[bot].ticket, clients[bot].server) = (ticket, host.number)
        (clients[bot].player, clients[bot].players) = (index.number, copy.count)
        beginGame(bot)
        later(bot, .enter, afterMs: 0...800)
    }

    /// One that was not given a seat is free for another.
    func botGivesUp(_ bot: Int, _ session: SessionID) {
        if clients[bot].stage == .away, clients[bot].session == session { clients[bot].session = nil }
    }

    private func release(_ bot: Int) { if clients[bot].stage == .away { clients[bot].session = nil } }

    /// A lost player's seat is for the newest ticket alone, and for one bot at a time.
    func judge(seatTaken player: Int, by ticket: Ticket, _ copy: Truth.Copy) {
        let short = truth[copy.session].id.short
        if copy.assignment.players[player].ticket == ticket {
            return fail(.mentionedAfterEnd, "player \(player) enters \(short), to which it is lost")
        }
        if copy.seatTickets[player] != ticket { fail(.ticketNotNeeded, "a bot takes seat \(player) of \(short) without the ticket for it") }
        if let holder = copy.seatHolders[player], holder != ticket { fail(.rulesBroken, "two bots are in seat \(player) of \(short)") }
        copy.seatHolders[player] = ticket
    }

    /// A bot hears of the end like everybody, and goes back to nothing.
    func judge(toldBot session: SessionID, _ reason: EndReason, _ requeued: Bool, on connection: Int) {
        let number = truth.number(of: session)
        let server = connections[connection].server
        if requeued { fail(.notRequeued, "a bot is put back to wait") }
        let isSo = truth[number].ends.contains { $0.node == server && $0.outcome.reason == reason }
        if !isSo { fail(.toldAnother, "a bot is told that \(session.short) ended as \(reason)") }
        coverage.count(.botTold)
    }

    /// Each client's clock began at another time.
    func clockOffsetMs(_ client: Int) -> Double { Double(client) * 1_000_000 }
}
