import Matchmaking
import SessionProtocol

/// Rules about pairs and groups, by the rules' words alone; the widest steps count.
extension World {
    func checkLatency(_ assignment: Assignment, _ people: [Attributes], _ scene: Scene) {
        guard let rule = scene.rules.latency, let capMs = rule.steps.last?.capMs else { return }
        let regions = people.map { attributes -> String? in
            guard let name = rule.regionAttribute, case .text(let region)? = attributes[name] else { return nil }
            return region
        }
        let pings = assignment.players.map { World.pingMs(of: $0.subject) }
        let clients = assignment.players.map(\.subject.clientIndex)
        // A journal that was lost, or a scene that changed meanwhile, leaves the estimates alone.
        let isSure = plan.reloads.isEmpty && !truth.hasLostJournal && truth[truth.number(of: assignment.session)].handOffs.isEmpty
        for first in people.indices {
            for second in people.indices where second > first {
                let known = rule.regions.first { pair in
                    pair.first == regions[first] && pair.second == regions[second]
                        || pair.first == regions[second] && pair.second == regions[first]
                }
                if let a = clients[first], let b = clients[second], let measured = truth.measured[Encounters.Pair(a, b)] {
                    let isKnown = isSure && max(joinedAt(a), joinedAt(b)) > measured.step
                    if measured.ms <= capMs {
                        coverage.count(.matchedByMeasure)
                        continue
                    } else if isKnown {
                        fail(.rulesBroken, "\(assignment.session.short): players \(first) and \(second) have measured \(measured.ms) ms")
                    }
                }
                let sumMs = pings[first].flatMap { ms in pings[second].map { ms + $0 } }
                coverage.count(known == nil ? .matchedByPings : .matchedByRegions)
                if known?.roundTripMs ?? sumMs ?? .max > capMs {
                    fail(.rulesBroken, "\(assignment.session.short): players \(first) and \(second) are too far apart, or nobody knows how far")
                }
            }
        }
    }

    /// What an outcome says of pairs is what these two, and no others, have measured.
    func checkRoundTrips(_ outcome: Outcome) {
        for entry in outcome.roundTrips {
            guard Int(entry.pair.higher.number) < outcome.players.count else {
                return fail(.outcomesDiffer, "\(outcome.session.short) has measured \(entry.pair), of \(outcome.players.count) players")
            }
            let (a, b) = (outcome.players[Int(entry.pair.lower.number)].subject, outcome.players[Int(entry.pair.higher.number)].subject)
            let leastUs = World.rttMs(a, b) * 1000
            if entry.roundTripUs < leastUs || entry.roundTripUs >= leastUs + World.rttSpreadUs {
                fail(.outcomesDiffer, "\(outcome.session.short): \(a) and \(b) are said to have measured \(entry.roundTripUs) µs, and not \(leastUs)")
            }
        }
        if !outcome.roundTrips.isEmpty { coverage.count(.pairMeasured) }
    }

    func checkSize(_ assignment: Assignment, _ people: [Attributes], _ scene: Scene) {
        let bots = scene.rules.bots == nil ? 0 : people.count { $0["role"] == .text(BotRule.role) }
        if bots > 0 { coverage.count(.matchedWithBots) }
        if bots > 0, let rule = scene.rules.bots { checkBotsWait(assignment, people, rule) }
        if let rule = scene.rules.bots, people.count - bots < rule.playersMin {
            fail(.rulesBroken, "\(assignment.session.short) has \(people.count - bots) people and \(bots) bots")
        }
        guard plan.reloads.isEmpty, people.count != scene.groupSize else { return }
        coverage.count(.matchedSmaller)
        if bots > 0 || people.count > scene.groupSize || !scene.rules.smallerGroups.contains(where: { $0.size <= people.count }) {
            fail(.rulesBroken, "\(assignment.session.short) has \(people.count) players, \(bots) of them bots")
        }
    }

    /// What those who come from now on are known to have played.
    func noteEncounters(_ outcome: Outcome) {
        if plan.scenes.first(where: { $0.id == outcome.scene })?.rules.latency != nil {
            for entry in outcome.roundTrips {
                let subjects = [entry.pair.lower, entry.pair.higher].map { outcome.players[Int($0.number)].subject }
                guard let a = subjects[0].clientIndex, let b = subjects[1].clientIndex else { continue }
                truth.measured[Encounters.Pair(a, b)] = ((entry.roundTripUs + 999) / 1000, steps)
            }
        }
        guard outcome.endedIn == .playing else { return }
        let group = outcome.players.compactMap(\.subject.clientIndex)
        truth.encounters[outcome.scene, default: Encounters()].note(group, step: steps)
        for scene in plan.scenes where scene.rules.encountersIn.contains(outcome.scene) {
            truth.encounters[scene.id, default: Encounters()].note(group, step: steps)
        }
    }

    /// Only what both the matchmaker's journal and its scenes have kept is asked of it.
    func checkEncounters(_ assignment: Assignment, _ scene: Scene) {
        guard plan.reloads.isEmpty, !truth.hasLostJournal, let known = truth.encounters[scene.id],
            truth[truth.number(of: assignment.session)].handOffs.isEmpty
        else { return }
        let group = assignment.players.compactMap(\.subject.clientIndex)
        switch scene.rules.encounters {
        case .any: break
        case .never:
            if group.contains(where: { known.lastGroups[$0] != nil }) { coverage.count(.matchedStrangers) }
            for first in group {
                for second in group where second > first {
                    guard let step = known.met[Encounters.Pair(first, second)], max(joinedAt(first), joinedAt(second)) > step
                    else { continue }
                    fail(.rulesBroken, "\(assignment.session.short): p\(first) and p\(second) meet again")
                }
            }
        case .reunite(_, let otherwise):
            for client in group {
                guard let last = known.lastGroups[client], last.people.count > 1, joinedAt(client) > last.step,
                    last.people.allSatisfy({ known.lastGroups[$0]?.step == last.step })
                else { continue }
                if last.people.sorted() == group.sorted() {
                    coverage.count(.matchedAgain)
                } else if otherwise == .end {
                    fail(.rulesBroken, "\(assignment.session.short): p\(client) is with others than \(last.people)")
                }
            }
        }
    }

    /// When the client last asked to wait on the connection on which it waits.
    private func joinedAt(_ client: Int) -> UInt64 {
        let connection = truth.waitingOn[client]
        return connection < 0 ? 0 : truth.connection(connection).joinedAtStep
    }
}

/// Who has played with whom in one scene, as far as the matchmaker has it on disk.
struct Encounters {
    struct Pair: Hashable {
        let lower: Int
        let higher: Int
        init(_ a: Int, _ b: Int) { (lower, higher) = (min(a, b), max(a, b)) }
    }

    /// Since which step it is known.
    var met: [Pair: UInt64] = [:]
    var lastGroups: [Int: (people: [Int], step: UInt64)] = [:]

    mutating func note(_ group: [Int], step: UInt64) {
        for first in group {
            lastGroups[first] = (group, step)
            for second in group where second > first && met[Pair(first, second)] == nil { met[Pair(first, second)] = step }
        }
    }
}
