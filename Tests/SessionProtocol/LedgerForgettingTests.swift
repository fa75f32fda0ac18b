import SessionProtocol
import Testing

@Suite struct LedgerForgettingTests {
    @Test("a forgotten session frees its subjects and timers, leaves no tombstone, and may be opened again")
    func forgetting() throws {
        let session = SessionID(high: 1, low: 2)
        let (scene, ann) = (try SceneID("duo"), try SubjectID("ann"))
        var ledger = SessionLedger<Int>()
        ledger.open(session, scene: scene, state: .matched, subjects: [ann], details: 7)
        ledger.setDeadline(.enter, of: session, atMs: 10)

        let entry = ledger.forget(session)

        #expect(entry?.details == 7)
        #expect(ledger.count == 0 && ledger.subjectCount == 0 && ledger.deadlineCount == 0)
        #expect(ledger.tombstone(session) == nil)
        #expect(ledger.popDue(nowMs: 10) == nil)
        var transitions: [Transition] = []
        ledger.takeTransitions { transitions.append($0) }
        #expect(transitions.isEmpty)
        #expect(ledger.forget(session) == nil)
        ledger.open(session, scene: scene, state: .matched, subjects: [ann], details: 8)
        #expect(ledger[session]?.details == 8)
    }
}
