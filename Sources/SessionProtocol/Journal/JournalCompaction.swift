/// Which records a compacted journal keeps: those of the sessions that a core named, in their order. Whatever is appended
/// after the core was asked is kept as well, by who writes the file.
public struct JournalCompaction: Sendable {
    private let sessions: Set<SessionID>?

    /// - Parameter sessions: as the core names them at the time; nil keeps every record.
    public init(keeping sessions: [SessionID]?) { self.sessions = sessions.map(Set.init) }

    /// What a journal holds is about a session; anything else says nothing to the next start.
    public func keeps(_ record: Message) -> Bool {
        switch record {
        case .journalMatched(_, let assignment): keeps(assignment.session)
        case .ended(let outcome): keeps(outcome.session)
        case .endedAck(let session, _): keeps(session)
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .cancel, .drop, .ping,
            .pong, .drain, .holding, .inventoryEnd:
            sessions == nil
        }
    }

    private func keeps(_ session: SessionID) -> Bool { sessions?.contains(session) ?? true }

    /// Appends the frames to be kept to `target`, byte by byte as they are. A frame that is not whole at the end of `piece`
    /// is left for the next call.
    /// - Returns: how many bytes have been dealt with.
    /// - Throws: what is wrong with the frame at that place; nothing damaged is ever copied.
    public func copy(
        _ piece: [UInt8], to target: inout [UInt8]
    ) throws(JournalDamage) -> Int {
        var offset = 0
        while offset < piece.count {
            let byteCount: Int
            do throws(WireError) {
                guard let (record, count) = try Frame.read(piece.span, at: offset) else { break }
                byteCount = count
                if keeps(record) { target.append(contentsOf: piece[offset..<offset + count]) }
            } catch {
                throw JournalDamage(offset: offset, error: error)
            }
            offset += byteCount
        }
        return offset
    }
}

/// A frame in the middle of a journal that cannot be read.
public struct JournalDamage: Error, Hashable, Sendable {
    /// From where reading began, in bytes.
    public var offset: Int
    public var error: WireError

    public init(offset: Int, error: WireError) {
        self.offset = offset
        self.error = error
    }
}
