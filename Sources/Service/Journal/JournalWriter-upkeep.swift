import SessionProtocol

// What the writer does between commits: it compacts the file, and marks it.
extension JournalWriter {
    struct Compaction {
        /// At work.
        var compactor: JournalCompactor?
        var fromBytes = 0
        var sinceMs: UInt64 = 0
        /// From this size on the file is compacted next.
        var nextBytes: Int
        var notBeforeMs: UInt64 = 0
        /// The core has not answered yet.
        var hasAsked = false

        init(nextBytes: Int) { self.nextBytes = nextBytes }
    }

    /// The core is asked once for the sessions that matter, when the file has grown to its limit.
    func askForSessionsIfDue(nowMs: UInt64) {
        guard file.durableBytes >= compaction.nextBytes, compaction.compactor == nil, !compaction.hasAsked, failing == nil,
            nowMs >= compaction.notBeforeMs
        else { return }
        compaction.hasAsked = true
        mailbox.tell { $0.isCompactionDue = true }
    }

    func beginCompaction(keeping sessions: [SessionID], _ nowMs: UInt64) {
        compaction.hasAsked = false
        guard failing == nil, compaction.compactor == nil else { return }
        (compaction.fromBytes, compaction.sinceMs) = (file.durableBytes, nowMs)
        do throws(JournalError) {
            compaction.compactor = try JournalCompactor(file, keeping: sessions, limits, calls)
        } catch {
            giveUpCompaction(error, nowMs)
        }
    }

    func compactPiece(_ nowMs: UInt64) {
        guard let compactor = compaction.compactor else { return }
        do throws(JournalError) {
            if !compactor.isCaughtUp { try compactor.step() }
            guard compactor.isCaughtUp else { return }
            let finished = try compactor.finish()
            compaction.compactor = nil
            file = finished.file
            compaction.nextBytes = max(limits.compactAtBytes, 2 * file.durableBytes)
            let (from, to) = (compaction.fromBytes, file.durableBytes)
            let durationMs = nowMs - compaction.sinceMs
            mailbox.tell { [limits] in
                $0.fileBytes = to
                $0.compactionCount += 1
                $0.add(.compacted(fromBytes: from, toBytes: to, durationMs: durationMs), limits)
            }
            if let doubt = finished.doubt { fail(Failure(error: doubt, needsRewrite: true), nowMs) }
        } catch {
            giveUpCompaction(error, nowMs)
        }
    }

    /// The old file stays in force.
    private func giveUpCompaction(_ error: JournalError, _ nowMs: UInt64) {
        abandonCompaction(nowMs)
        mailbox.tell { [limits] in $0.add(.compactionFailed(error), limits) }
    }

    func abandonCompaction(_ nowMs: UInt64) {
        compaction.compactor?.abandon()
        compaction.compactor = nil
        compaction.notBeforeMs = nowMs + limits.compactionRetryMs
    }

    func putMark(_ nowMs: UInt64) {
        guard let (wanted, afterMs) = mark, nowMs >= afterMs else { return }
        do throws(FileFailure) {
            try wanted.put(beside: file.path, calls)
            mark = nil
        } catch {
            mark = (wanted, nowMs + limits.retryMs)
        }
    }
}
