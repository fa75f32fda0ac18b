import SessionProtocol

/// What waiting changes.
extension WaitingPool {
    enum Step: Hashable, Sendable {
        /// More groups may be possible around it now.
        case search(PoolUnit)
        /// Its last group has not come, and the scene's rule is that its wait is over.
        case reunionFailed(PoolUnit)
    }

    /// When `popDue` next has something, in milliseconds of the boot clock.
    var nextDueMs: UInt64? { due.nextMs }

    /// `popDue` has something.
    func hasDue(nowMs: UInt64) -> Bool { readyNext < ready.count || (nextDueMs ?? .max) <= nowMs }

    /// Takes the units whose step has passed to their new stage, all before the first is given back to be searched around:
    /// steps that pass at once count at once.
    mutating func popDue(now: Moment) -> Step? {
        while let head = due.next(dueBy: now.bootMs) {
            unschedule(head)
            restage(head, nowMs: now.bootMs)
            searchAgain(around: PoolUnit(slot: head))
        }
        while readyNext < ready.count {
            let head = ready[readyNext]
            readyNext += 1
            // It may have been matched with one before it.
            guard Int(head) < entries.count, entries[Int(head)].marks.contains(.ready) else { continue }
            entries[Int(head)].marks.remove(.ready)
            if entries[Int(head)].marks.contains(.givenUp) { return .reunionFailed(PoolUnit(slot: head)) }
            return .search(PoolUnit(slot: head))
        }
        ready.removeAll(keepingCapacity: true)
        readyNext = 0
        return nil
    }

    /// For a unit around which more may be possible than before: `popDue` gives it back.
    mutating func searchAgain(around unit: PoolUnit) {
        guard entries[Int(unit.slot)].marks.insert(.ready).inserted else { return }
        ready.append(unit.slot)
    }

    private mutating func restage(_ head: Int32, nowMs: UInt64) {
        let old = stage(head)
        entries[Int(head)].stage = UInt8(clamping: stages.stage(afterMs: waitedMs(head, nowMs: nowMs)))
        schedule(head)
        if entries[Int(head)].marks.contains(.reunites), stage(head).isReunionOver {
            if case .reunite(_, .end) = rules.encounters {
                // It stays aside until it is taken out.
                entries[Int(head)].marks.insert(.givenUp)
                return
            }
            forgetReunion(head)
        }
        reshelve(head)
        if stage(head).allowsBots, !old.allowsBots { askForBots(head) }
    }

    @inline(__always)
    func waitedMs(_ head: Int32, nowMs: UInt64) -> UInt64 {
        let (waitedMs, isForever) = Int64(clamping: nowMs).subtractingReportingOverflow(entries[Int(head)].sinceMs)
        return isForever ? .max : UInt64(max(0, waitedMs))
    }

    mutating func schedule(_ head: Int32) {
        guard let atMs = stepMs(head) else { return }
        due.add(head, to: Int(entries[Int(head)].stage), atMs: atMs)
    }

    mutating func unschedule(_ head: Int32) {
        let stage = Int(entries[Int(head)].stage)
        if let first = due.remove(head, from: stage) { due.setFirst(of: stage, atMs: stepMs(first) ?? .max) }
    }

    /// When a unit's stage is over; nil for never.
    @inline(__always)
    private func stepMs(_ head: Int32) -> UInt64? {
        let stage = Int(entries[Int(head)].stage)
        guard stage < stages.boundariesMs.count else { return nil }
        let (at, isNever) = entries[Int(head)].sinceMs.addingReportingOverflow(Int64(clamping: stages.boundariesMs[stage]))
        return isNever ? nil : UInt64(max(0, at))
    }

    /// Takes in a member's round trip to the server; true when others may fit now that did not. The least one counts.
    mutating func setPing(_ unit: PoolUnit, _ join: JoinNumber, pingMs: UInt32) -> Bool {
        guard hasZones else { return false }
        let pingMs = UInt16(min(pingMs, UInt32(LatencyZones.unknownMs) - 1))
        var slot = unit.slot
        while slot >= 0, joins[Int(slot)] != join { slot = entries[Int(slot)].nextMember }
        guard slot >= 0, pingMs < entries[Int(slot)].pingMs else { return false }
        entries[Int(slot)].pingMs = pingMs
        reshelve(unit.slot)
        return stage(unit.slot).capMs != LatencyZones.anyMs
    }

    /// A member has another number.
    mutating func replace(_ old: JoinNumber, with new: JoinNumber, in unit: PoolUnit) {
        var slot = unit.slot
        while slot >= 0 {
            if joins[Int(slot)] == old { joins[Int(slot)] = new }
            slot = entries[Int(slot)].nextMember
        }
    }

    /// Something has come to be known of pairs with this member.
    mutating func becameKnown(_ unit: PoolUnit, _ join: JoinNumber, _ subject: SubjectID, _ book: inout PairBook) {
        var slot = unit.slot
        while slot >= 0 {
            if joins[Int(slot)] == join, entries[Int(slot)].person == 0 {
                entries[Int(slot)].person = book.holdKnown(subject)
            }
            slot = entries[Int(slot)].nextMember
        }
    }

    // MARK: Reunions

    /// A unit waits for its last group when all of its members have the same.
    mutating func expectReunion(_ head: Int32) {
        guard !stage(head).isReunionOver || isForReunionsAlone, !entries[Int(head)].isBot else { return }
        let group = history.reunion(of: entries[Int(head)].person)
        guard group != 0 else { return }
        var slot = head
        while slot >= 0 {
            guard history.reunion(of: entries[Int(slot)].person) == group else { return }
            slot = entries[Int(slot)].nextMember
        }
        entries[Int(head)].marks.insert(.reunites)
        reunionOf[head] = group
        reunions[group, default: []].append(head)
    }

    /// Whoever has waited for long already when it comes, by a place from before, plays with no others all the same: its
    /// partners may come until its time to wait is up.
    private var isForReunionsAlone: Bool {
        if case .reunite(_, .end) = rules.encounters { true } else { false }
    }

    mutating func forgetReunion(_ head: Int32) {
        guard entries[Int(head)].marks.remove(.reunites) != nil, let group = reunionOf.removeValue(forKey: head) else { return }
        reunions[group]?.removeAll { $0 == head }
        if reunions[group]?.isEmpty == true { reunions[group] = nil }
    }

    // MARK: Bots

    mutating func askForBots(_ head: Int32) {
        if hungry.count - hungryFirst > 2 * unitCount + 16 {
            var seen: Set<Int32> = []
            hungry = hungry[hungryFirst...].filter { isHungry($0) && seen.insert($0.slot).inserted }
            hungryFirst = 0
        }
        hungry.append(PoolUnit(slot: head))
    }

    func isHungry(_ unit: PoolUnit) -> Bool {
        contains(unit) && buckets[Int(entries[Int(unit.slot)].bucket)].key.side == .players && stage(unit.slot).allowsBots
    }
}
