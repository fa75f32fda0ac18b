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

func frames(_ messages: [Message]) -> [[UInt8]] {
    messages.map { message in
        var bytes: [UInt8] = []
        Frame.append(message, to: &bytes)
        return bytes
    }
}

/// Opens a journal that is expected to be in order.
func openJournal(_ path: String, rotateAtBytes: Int = 1 << 20) throws -> (journal: Journal, contents: Journal.Contents) {
    var contents = Journal.Contents()
    let journal = try Journal(path: path, rotateAtBytes: rotateAtBytes, contents: &contents)
    return (journal, contents)
}
