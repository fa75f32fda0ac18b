import SessionProtocol

/// Where a fault of the kind `staleJournal` stands.
///
/// A matchmaker without all of its journal must tell a session from a stale copy of it. That is hard only while the copy, or
/// its outcome, is still out there, and somebody is inside of the session elsewhere: single faults hardly ever come to that.
struct Overtaking {
    /// A session that was handed to a second coordinator, while the first one believes that it has it.
    struct Session {
        let number: Int
        /// The first coordinator's number, and the link on which its answer was lost.
        let first: Int
        let link: Int
    }

    /// Of the fault.
    let index: Int
    /// From then on it waits for nothing more.
    let untilUs: UInt64
    var session: Session?
    let design: Design

    /// What a fault's number says.
    struct Design {
        /// What the matchmaker's journal has lost.
        enum Loss {
            case all
            /// The record of the newest hand-off, and nothing else.
            case newestHandOff
            /// That record and all behind it.
            case fromNewestHandOff
            /// So many records at its end.
            case last(Int)
        }

        enum CutOff { case first, second, nobody }

        let loss: Loss
        /// The first coordinator has ended its copy before the journal is lost.
        let waitsForEnd: Bool
        /// Whom the new matchmaker hears of last.
        let cutOff: CutOff

        init(_ number: UInt64) {
            loss =
                switch number % 6 {
                case 0, 1, 2: .all
                case 3: .newestHandOff
                case 4: .fromNewestHandOff
                default: .last(1 + Int(number >> 8 % 12))
                }
            waitsForEnd = number >> 16 % 3 == 0
            cutOff =
                switch number >> 24 % 6 {
                case 0: .nobody
                case 1: .first
                default: .second
                }
        }
    }
}

extension World {
    private static let patienceUs: UInt64 = 20_000_000
    private static let pollUs: UInt64 = 5_000

    /// The next step of such a fault. Until it strikes it looks again and again.
    func overtake(_ fault: Fault) {
        guard let position = plan.faults.firstIndex(where: { $0.index == fault.index }) else { return }
        let slot: Int
        if let known = overtakings.firstIndex(where: { $0.index == fault.index }) {
            slot = known
        } else {
            slot = overtakings.count
            note(fault.text)
            overtakings.append(
                Overtaking(index: fault.index, untilUs: nowUs + World.patienceUs, design: Overtaking.Design(fault.amount)))
        }
        if let session = overtakings[slot].session, truth[session.number].atMatchmaker != .live, matchmaker.isRunning {
            noticeCut(session, afterUs: 0)
            overtakings[slot].session = nil
        }
        let overtaking = overtakings[slot]
        guard matchmaker.isRunning, nowUs >= overtaking.untilUs || isRipe(overtaking) else {
            return queue.put(.fault(position), atUs: nowUs + World.pollUs)
        }
        overtakings.remove(at: slot)
        strike(fault, overtaking)
    }

    /// A coordinator takes a session: its answer is lost with the link, of which it learns only later, and the session goes to
    /// another one. Called before the answer has left.
    func mayBeOvertaken(_ number: Int, _ attempt: Attempt, at host: CoordinatorHost) {
        guard let slot = overtakings.firstIndex(where: { $0.session == nil }), let link = currentLink(host),
            let current = truth.duties.current[number], current.attempt == attempt, current.node == host.number,
            attempt.number < plan.matchmaking.attemptsMax,
            truth.duties.peers.indices.contains(where: { index in
                index + 1 != host.number && truth.duties.peers[index].readyLink != nil && !truth.duties.peers[index].isDraining
            })
        else { return }
        overtakings[slot].session = Overtaking.Session(number: number, first: host.number, link: link)
        breakLink(link, noticeUs: (matchmaker: 5_000, coordinator: nil))
        coverage.count(.answerCutOff)
    }

    /// Somebody is inside of the session at its second coordinator.
    private func isRipe(_ overtaking: Overtaking) -> Bool {
        guard let session = overtaking.session, let second = second(session),
            let copy = truth.coordinators[second - 1].copies[session.number], copy.state != .matched
        else { return false }
        return !overtaking.design.waitsForEnd || truth.coordinators[session.first - 1].copies[session.number] == nil
    }

    private func second(_ session: Overtaking.Session) -> Int? {
        guard let node = truth.duties.current[session.number]?.node, node != session.first else { return nil }
        return node
    }

    /// The matchmaker is killed, and comes back with what its journal still says.
    private func strike(_ fault: Fault, _ overtaking: Overtaking) {
        let isOvertaken = isRipe(overtaking)
        let second = overtaking.session.flatMap(second)
        note("\(fault.text) strikes\(isOvertaken ? ": a session is overtaken" : "")")
        metJournalLoss(matchmaker)
        die(matchmaker, losesPower: false)
        if damage(overtaking) {
            matchmaker.doubt = .damaged
            if isOvertaken { coverage.count(.journalDamagedOvertaken) }
        } else {
            matchmaker.losesJournal = true
            if isOvertaken { coverage.count(.journalLostOvertaken) }
        }
        let startUs = nowUs + fault.durationUs
        queue.put(.start(0), atUs: startUs)
        coverage.count(fault)
        guard let session = overtaking.session else { return }
        noticeCut(session, afterUs: fault.durationUs + random.between(0, 100_000))
        let last: Int? =
            switch overtaking.design.cutOff {
            case .first: session.first
            case .second: second
            case .nobody: nil
            }
        if let last {
            let untilUs = startUs + random.between(300_000, 1_200_000)
            paths[last - 1].toMatchmakerBlockedUntilUs = untilUs
            paths[last - 1].toCoordinatorBlockedUntilUs = untilUs
        }
        reloadPages(of: session.number, fromUs: startUs)
    }

    private func noticeCut(_ session: Overtaking.Session, afterUs: UInt64) {
        queue.put(.linkClosed(session.link, atMatchmaker: false), atUs: nowUs + afterUs)
    }

    /// Players who do not know any more where they play ask the new matchmaker.
    private func reloadPages(of number: Int, fromUs: UInt64) {
        guard plan.quirkPerMille > 0, misbehaves(.reload), let players = truth[number].handOffs.last?.assignment.players else { return }
        for client in players.compactMap(\.subject.clientIndex) where random.perMille(700) {
            let generation = clients[client].generation
            queue.put(.client(client, generation: generation, .quirk(.reload)), atUs: fromUs + random.between(0, 500_000))
        }
    }

    /// Overwrites records of the journal; false when there are none, or when all of it is to be lost.
    private func damage(_ overtaking: Overtaking) -> Bool {
        let frames = SimulatedJournal.frames(matchmaker.disk.bytes(of: SimulatedJournal.name) ?? [])
        let newest = frames.lastIndex { frame in
            guard case .journalMatched(_, let assignment) = frame.record else { return false }
            return overtaking.session.map { truth[$0.number].id == assignment.session } ?? true
        }
        let lost: Range<Int>
        switch overtaking.design.loss {
        case .all: return false
        case .newestHandOff:
            guard let newest else { return false }
            lost = newest..<newest + 1
        case .fromNewestHandOff:
            guard let newest else { return false }
            lost = newest..<frames.count
        case .last(let count): lost = max(0, frames.count - count)..<frames.count
        }
        for index in lost { matchmaker.disk.overwrite(frames[index].bytes, of: SimulatedJournal.name) }
        return !lost.isEmpty
    }
}
