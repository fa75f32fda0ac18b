import SessionProtocol
import Testing

@testable import Coordination

extension CoordinatorCore {
    /// What holds between any two events.
    func checkInvariants() {
        var seated = 0
        for session in ledger.sessions {
            guard let entry = ledger[session] else { continue }
            let details = entry.details
            #expect(outbox[session] == nil && ledger.tombstone(session) == nil, "what lives has not ended")
            #expect(details.assignment.session == session)
            for player in details.indices {
                if let connection = details[player].connection {
                    seated += 1
                    #expect(seats[connection] == Seat(session: session, player: player))
                }
                let isGraced = ledger.deadlineMs(.reconnect, slot: UInt32(player.number), of: session) != nil
                #expect(isGraced == details.away.contains(player), "a grace for all who are away, and only for them")
            }
            checkPhase(entry)
        }
        for session in outbox.keys {
            guard let entry = outbox[session] else { continue }
            for (player, connection) in entry.waiting.enumerated() {
                guard let connection else { continue }
                seated += 1
                #expect(seats[connection] == Seat(session: session, player: PlayerIndex(UInt8(player))))
            }
        }
        #expect(seats.count == seated, "every seat is somebody's")
        #expect(tellings.count == 0 || !isLinkUp, "with the link up only an acknowledgement lets anyone be told")
        #expect(unpersisted.allSatisfy { $0.number > persistedUpTo })
        #expect(nextDeadlineMs != nil || ledger.count == 0, "a live session has a deadline")
    }

    private func checkLoop(_ play: Play, _ entry: SessionLedger<SessionDetails>.Entry) {
        let atMs = ledger.deadlineMs(.episode, of: entry.id)
        switch play.loop {
        case .single, .done: #expect(atMs == nil)
        case .active(let episode), .resetting(let episode):
            #expect((atMs == nil) == (play.pausedMs != nil) && (episode.leftMs != nil) == (play.pausedMs != nil))
        }
        let isPausing = entry.details.rules.absence?.pauses == true && !entry.details.away.isEmpty
        #expect((play.pausedMs != nil) == isPausing, "play stands still while one is away, where it is to")
    }

    /// One deadline for all attempts that run; what waits, waits for one who is away.
    private func checkPairs(_ entry: SessionLedger<SessionDetails>.Entry) {
        let details = entry.details
        #expect(ledger.deadlineMs(.pairs, of: entry.id) == details.pairs?.nextDueMs)
        for pair in details.pairs?.pairs ?? [] where pair.isTried && pair.dueMs == nil {
            #expect(!details.areConnected(pair.players), "only who is away is waited for")
        }
        for pair in details.pairs?.pairs ?? [] {
            let players = [pair.players.lower, pair.players.higher]
            if details.isPlaying { #expect(!pair.hasFailed, "what cannot be repaired goes by relay") }
            if pair.isLeftOut { #expect(players.contains { !details[$0].plays }, "those who play are connected") }
            if players.contains(where: { details[$0].loss != nil }) { #expect(pair.isLeftOut, "nobody is connected to one who is lost") }
        }
    }

    private func checkPhase(_ entry: SessionLedger<SessionDetails>.Entry) {
        func isSet(_ kind: DeadlineKind) -> Bool {
            ledger.deadlineMs(kind, slot: GraceSlot.ordinary, of: entry.id) != nil
                || ledger.deadlineMs(kind, slot: GraceSlot.extended, of: entry.id) != nil
        }
        switch entry.details.phase {
        case .entering:
            #expect(entry.state == .matched)
            #expect(isSet(.enter) && !isSet(.validate) && !isSet(.play))
        case .validating:
            #expect(entry.state == .validating)
            #expect(!isSet(.enter) && isSet(.validate) && !isSet(.play))
            checkPairs(entry)
        case .playing(let play):
            #expect(entry.state == .playing)
            #expect(!isSet(.enter) && !isSet(.validate) && isSet(.play))
            checkPairs(entry)
            #expect(play.barriers.count <= limits.barriersOpenMax)
            checkLoop(play, entry)
            for barrier in play.barriers {
                let atMs = ledger.deadlineMs(.barrier, slot: barrier.slot, of: entry.id)
                #expect((atMs == nil) == (play.pausedMs != nil) && (barrier.leftMs != nil) == (play.pausedMs != nil))
                #expect(!entry.details.missing(at: barrier).isEmpty, "a barrier that all have reached is open")
            }
        }
    }
}
