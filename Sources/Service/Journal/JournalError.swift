import Reactor
import SessionProtocol

/// Why a journal cannot be used.
public enum JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    case system(path: String, operation: String, errno: Int32)
    /// A frame cannot be read that no crash has torn: the file was damaged after it was written, or is of a later version.
    case damaged(path: String, offset: Int, WireError)
    /// Somebody has put another file in the place of the one that is written.
    case replaced(path: String)

    public var description: String {
        switch self {
        case .system(let path, let operation, let code):
            "\(path): \(operation): \(ReactorError.text(of: code))"
        case .damaged(let path, let offset, let error):
            "\(path) is damaged at byte \(offset): \(error)"
        case .replaced(let path): "\(path) is another file than the one that was opened: move it away"
        }
    }

    /// - Parameter path: of the file that was worked on, when the failure names none.
    init(_ failure: FileFailure, _ path: String) {
        self = .system(path: failure.path ?? path, operation: failure.operation, errno: failure.code)
    }
}

/// What an operator should know of a journal's life.
public enum JournalNotice: Sendable, Equatable {
    /// The disk takes no records; `pendingBytes` wait for it.
    case failed(JournalError, pendingBytes: Int)
    /// It takes records again, and all that waited is written.
    case recovered(afterMs: UInt64, attempts: Int)
    /// The disk cannot keep up; `pendingBytes` wait for it.
    case slow(pendingBytes: Int)
    /// It has.
    case caughtUp
    /// It says neither yes nor no to what waits for it.
    case silent(afterMs: UInt64, pendingBytes: Int)
    /// It does again.
    case answered(afterMs: UInt64)
    case compacted(fromBytes: Int, toBytes: Int, durationMs: UInt64)
    /// The old file stays in force.
    case compactionFailed(JournalError)
}
