import SessionProtocol
import Testing

@testable import Service

/// The n-th record of a test, told from the others by its session; every third one is long.
func record(_ number: Int) throws -> Message {
    let session = SessionID(high: 0xFEED, low: UInt64(number))
    guard number % 3 == 0 else { return .endedAck(session, Attempt(1)) }
    let players = try (0..<3).map { PlayerOutcome(subject: try SubjectID("player-\(number)-\($0)"), result: Array("{\"n\":1}".utf8)) }
    return .ended(
        Outcome(
            session: session, attempt: Attempt(1), scene: try SceneID("duo"), reason: .completed, endedIn: .playing,
            endedAtUnixMs: 1_700_000_000_000, players: players))
}

func records(_ numbers: ClosedRange<Int>) throws -> [Message] { try numbers.map { try record($0) } }

func sessions(_ numbers: [Int]) -> [SessionID] { numbers.map { SessionID(high: 0xFEED, low: UInt64($0)) } }

func frames(_ messages: [Message]) -> [[UInt8]] {
    messages.map { message in
        var bytes: [UInt8] = []
        Frame.append(message, to: &bytes)
        return bytes
    }
}

/// Limits under which little is much.
func limits(_ change: (inout JournalLimits) -> Void = { _ in }) -> JournalLimits {
    var limits = JournalLimits()
    change(&limits)
    return limits
}

/// Opens a journal whose writer is driven by hand, or started.
func openJournal(
    _ path: String, _ limits: JournalLimits = JournalLimits(), acceptsDamage: Bool = false,
    calls: any FileCalls = SystemFiles()
) throws -> (journal: Journal, contents: JournalContents) {
    var contents = JournalContents()
    let journal = try Journal(path: path, limits: limits, acceptsDamage: acceptsDamage, contents: &contents, calls: calls)
    return (journal, contents)
}

extension Journal {
    /// Lets the writer, whose thread has not begun, do all that it can do at this time.
    /// - Returns: how long it would sleep then.
    @discardableResult
    func settle(nowMs: UInt64 = 0) throws -> UInt64? {
        flush()
        let writer = try #require(writer)
        for _ in 0..<10_000 {
            switch writer.turn(nowMs: nowMs) {
            case .again: continue
            case .ended: Issue.record("the writer has ended")
            case .sleep(let ms):
                _ = collect()
                return ms
            }
        }
        Issue.record("the writer does not come to rest")
        return nil
    }

    /// The same, with nobody who collects.
    func runWriter(nowMs: UInt64 = 0) {
        while let writer, case .again = writer.turn(nowMs: nowMs) {}
    }

    func write(_ records: [Message], nowMs: UInt64 = 0) throws {
        for record in records { append(record) }
        try settle(nowMs: nowMs)
    }
}
