// What operators read of a journal: one line when something begins, one when it is over.

extension Logger {
    func log(_ notice: JournalNotice) {
        switch notice {
        case .failed(let error, let pendingBytes):
            self.error(
                "journal_failed", ["error": .string("\(error)"), "pending_bytes": .int(pendingBytes)],
                message: "the disk takes no records: no new sessions until it does, and those that live go on")
        case .recovered(let afterMs, let attempts):
            warning(
                "journal_recovered", ["after_ms": .int(Int(clamping: afterMs)), "attempts": .int(attempts)],
                message: "the disk takes records again, and all that waited is written")
        case .slow(let pendingBytes):
            warning(
                "journal_slow", ["pending_bytes": .int(pendingBytes)],
                message: "the disk is slower than the records come: no new sessions until half of them are written")
        case .caughtUp: info("journal_caught_up")
        case .silent(let afterMs, let pendingBytes):
            self.error(
                "journal_silent", ["after_ms": .int(Int(clamping: afterMs)), "pending_bytes": .int(pendingBytes)],
                message: "the disk does not answer: no new sessions until it does, and those that live go on")
        case .answered(let afterMs):
            warning(
                "journal_answered", ["after_ms": .int(Int(clamping: afterMs))], message: "the disk answers again")
        case .compacted(let fromBytes, let toBytes, let durationMs):
            info(
                "journal_compacted",
                [
                    "from_bytes": .int(fromBytes), "to_bytes": .int(toBytes), "duration_ms": .int(Int(clamping: durationMs)),
                ])
        case .compactionFailed(let error):
            warning(
                "journal_compaction_failed", ["error": .string("\(error)")],
                message: "the journal stays as it is and goes on growing")
        }
    }

    /// What was found at start.
    /// - Parameter lost: what records that are lacking mean to this server.
    public func log(_ contents: JournalContents, lost: String) {
        if contents.isMissing {
            warning(
                "journal_missing", message: "there is no journal although there has been one in this folder: \(lost)")
        }
        for range in contents.damaged.prefix(Self.damagedLinesMax) {
            warning("journal_damaged", ["from_byte": .int(range.lowerBound), "to_byte": .int(range.upperBound)])
        }
        if contents.damaged.count > Self.damagedLinesMax {
            warning("journal_damaged_more", ["places": .int(contents.damaged.count - Self.damagedLinesMax)])
        }
        if let path = contents.damagedPath {
            warning(
                "journal_damage_accepted",
                [
                    "records": .int(contents.records.count), "places": .int(contents.damaged.count),
                    "bytes": .int(contents.damaged.reduce(0) { $0 + $1.count }), "kept_as": .string(path),
                ], message: "what could be read is taken: \(lost)")
        } else if !contents.isComplete, !contents.isMissing {
            warning(
                "journal_incomplete",
                message: "an earlier start found the journal missing or damaged, and did not last: \(lost)")
        }
        if contents.tornBytes > 0 {
            warning(
                "journal_torn", ["bytes": .int(contents.tornBytes), "at_byte": .int(contents.tornAt)],
                message: "the last record had not been written whole and was cut off")
        }
    }

    private static let damagedLinesMax = 16
}
