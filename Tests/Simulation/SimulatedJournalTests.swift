import SessionProtocol
import Testing

@testable import Simulation

@Suite struct SimulatedJournalTests {
    func ack(_ number: UInt64) -> Message { .endedAck(SessionID(high: 0, low: number), .first) }

    @Test("records are durable when their sync has ended, in groups, one sync at a time")
    func groups() {
        var disk = VirtualDisk()
        var journal = SimulatedJournal(rotateAtBytes: 1 << 20)
        journal.append(ack(1))
        let step1 = journal.beginCommit(&disk)
        #expect(step1)
        journal.append(ack(2))
        journal.append(ack(3))
        let step2 = journal.beginCommit(&disk)
        #expect(!step2)
        let step3 = journal.endCommit(&disk)
        #expect(step3 == [ack(1)])
        #expect(journal.committed == 1)
        let step4 = journal.beginCommit(&disk)
        #expect(step4)
        let step5 = journal.endCommit(&disk)
        #expect(step5 == [ack(2), ack(3)])
        let step6 = SimulatedJournal.open(&disk).records
        #expect(step6 == [ack(1), ack(2), ack(3)])
    }

    @Test("a torn tail is cut off at a start, and whole records survive")
    func torn() throws {
        var random = SmallGenerator(seed: 5, stream: 5)
        var torn = 0
        for _ in 0..<100 {
            var disk = VirtualDisk()
            var journal = SimulatedJournal(rotateAtBytes: 1 << 20)
            journal.append(ack(1))
            _ = journal.beginCommit(&disk)
            _ = journal.endCommit(&disk)
            for number in 2...4 as ClosedRange<UInt64> { journal.append(ack(number)) }
            _ = journal.beginCommit(&disk)
            disk.losePower(&random)
            let (records, tornBytes, error) = SimulatedJournal.open(&disk)
            #expect(error == nil)
            #expect(records.first == ack(1) && records == Array([ack(1), ack(2), ack(3), ack(4)].prefix(records.count)))
            if tornBytes > 0 { torn += 1 }
            let step7 = SimulatedJournal.open(&disk).tornBytes
            #expect(step7 == 0)
        }
        #expect(torn > 0)
    }

    @Test("a full disk leaves no part of a record behind, and all are written when there is room")
    func full() {
        var disk = VirtualDisk()
        var journal = SimulatedJournal(rotateAtBytes: 1 << 20)
        disk.freeBytes = 10
        journal.append(ack(1))
        let step8 = journal.beginCommit(&disk)
        #expect(!step8 && journal.hasFailed)
        #expect(disk.byteCount(of: SimulatedJournal.name) == 0)
        disk.freeBytes = nil
        let step9 = journal.beginCommit(&disk)
        #expect(step9 && !journal.hasFailed)
        let step10 = journal.endCommit(&disk)
        #expect(step10 == [ack(1)])
    }

    @Test("a changed bit is found wherever it is, and once that is accepted all else is read, and whole from then on")
    func damaged() {
        var sound = VirtualDisk()
        var journal = SimulatedJournal(rotateAtBytes: 1 << 20)
        let all = (1...3 as ClosedRange<UInt64>).map { ack($0) }
        for record in all { journal.append(record) }
        _ = journal.beginCommit(&sound)
        _ = journal.endCommit(&sound)
        for bit in 0..<UInt64(sound.byteCount(of: SimulatedJournal.name) * 8) {
            var disk = sound
            disk.flip(bit, of: SimulatedJournal.name)
            #expect(SimulatedJournal.open(&disk).error != nil, "bit \(bit)")
            let (records, _, error) = SimulatedJournal.open(&disk, acceptsDamage: true)
            #expect(error != nil && records.count == 2 && records.allSatisfy(all.contains), "bit \(bit)")
            let again = SimulatedJournal.open(&disk)
            #expect(again.records == records && again.error == nil)
        }
    }

    @Test("overwritten records are found damaged, also at the end, and all others are read")
    func overwritten() {
        var sound = VirtualDisk()
        var journal = SimulatedJournal(rotateAtBytes: 1 << 20)
        let all = (1...4 as ClosedRange<UInt64>).map { ack($0) }
        for record in all { journal.append(record) }
        _ = journal.beginCommit(&sound)
        _ = journal.endCommit(&sound)
        let frames = SimulatedJournal.frames(sound.bytes(of: SimulatedJournal.name) ?? [])
        #expect(frames.map(\.record) == all)
        for first in all.indices {
            for end in first + 1...all.count {
                var disk = sound
                for frame in frames[first..<end] { disk.overwrite(frame.bytes, of: SimulatedJournal.name) }
                let (records, _, error) = SimulatedJournal.open(&disk, acceptsDamage: true)
                #expect(error != nil && records == Array(all[..<first] + all[end...]))
            }
        }
    }

    @Test("compaction keeps what was named and all that came behind, at any moment a whole journal")
    func compaction() {
        var disk = VirtualDisk()
        var journal = SimulatedJournal(rotateAtBytes: 1)
        for number in 1...3 as ClosedRange<UInt64> { journal.append(ack(number)) }
        _ = journal.beginCommit(&disk)
        _ = journal.endCommit(&disk)
        #expect(journal.isCompactionDue(disk))
        let step11 = journal.beginCompaction(&disk, keeping: [SessionID(high: 0, low: 2)])
        #expect(step11)
        journal.append(ack(9))
        let step12 = journal.beginCommit(&disk)
        #expect(step12)
        let step13 = journal.continueCompaction(&disk)
        #expect(!step13, "a commit is under way")
        _ = journal.endCommit(&disk)
        var crashed = disk
        let step14 = SimulatedJournal.open(&crashed).records
        #expect(step14 == [ack(1), ack(2), ack(3), ack(9)])
        let step15 = journal.continueCompaction(&disk)
        #expect(step15)
        journal.append(ack(10))
        let step16 = journal.beginCommit(&disk)
        #expect(!step16, "commits wait for the new name")
        journal.renameCompacted(&disk)
        journal.endCompaction(&disk)
        let step17 = journal.beginCommit(&disk)
        #expect(step17)
        _ = journal.endCommit(&disk)
        let step18 = SimulatedJournal.open(&disk).records
        #expect(step18 == [ack(2), ack(9), ack(10)])
    }
}
