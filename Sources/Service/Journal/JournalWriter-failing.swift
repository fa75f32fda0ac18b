import Glibc

// What the writer does about a disk that fails.
extension JournalWriter {
    struct Failing {
        let sinceMs: UInt64
        var attempts = 0
        var nextMs: UInt64
        var needsRewrite: Bool
    }

    func fail(_ failure: Failure, _ nowMs: UInt64) {
        // It may be what has filled the disk: not again at once.
        if compaction.compactor != nil { abandonCompaction(nowMs) }
        // What was not written whole must not stand in front of what comes next: if not now, it is cut off before that.
        try? file.cut()
        failing = Failing(sinceMs: nowMs, nextMs: nowMs + limits.retryMs, needsRewrite: failure.needsRewrite)
        let pendingBytes = uncommittedBytes
        mailbox.tell { [limits] in
            $0.failure = failure.error
            $0.failureCount += 1
            $0.add(.failed(failure.error, pendingBytes: pendingBytes), limits)
        }
    }

    /// - Parameter isLast: whether there will be no other attempt.
    func retryIfDue(_ nowMs: UInt64, isLast: Bool) {
        guard var attempt = failing, nowMs >= attempt.nextMs || isLast else { return }
        attempt.attempts += 1
        do throws(Failure) {
            if attempt.needsRewrite { try rewrite() } else { try writeAgain() }
        } catch {
            attempt.needsRewrite = attempt.needsRewrite || error.needsRewrite
            var pauseMs = limits.retryMs
            // To write everything again is much work for a disk that fails.
            if attempt.needsRewrite { pauseMs = min(pauseMs << UInt64(min(attempt.attempts, 16)), limits.rewriteMsMax) }
            attempt.nextMs = nowMs + max(pauseMs, limits.retryMs)
            failing = attempt
            return mailbox.tell { $0.failure = error.error }
        }
        failing = nil
        let (afterMs, attempts) = (nowMs - attempt.sinceMs, attempt.attempts)
        committed()
        mailbox.tell { [limits] in
            $0.failure = nil
            $0.add(.recovered(afterMs: afterMs, attempts: attempts), limits)
        }
        askForSessionsIfDue(nowMs: nowMs)
    }

    private func writeAgain() throws(Failure) {
        do throws(FileFailure) { try file.cut() } catch {
            throw Failure(error: JournalError(error, file.path), needsRewrite: true)
        }
        try write()
    }

    private func rewrite() throws(Failure) {
        do throws(JournalError) { try replaceFile() } catch { throw Failure(error: error, needsRewrite: true) }
    }

    /// After a failed sync the kernel may have given up what it could not write, and say of a second one that all is well.
    /// What is known to be on disk is copied, and what is not known to be is written anew.
    private func replaceFile() throws(JournalError) {
        let isPlaceTaken: Bool
        do throws(FileFailure) { isPlaceTaken = try !file.isInPlace() } catch {
            guard error.code == ENOENT else { throw JournalError(error, file.path) }
            isPlaceTaken = false
        }
        if isPlaceTaken { throw .replaced(path: file.path) }
        let copy = try JournalCompactor(file, keeping: nil, limits, calls)
        let finished: (file: JournalFile, doubt: JournalError?)
        do throws(JournalError) {
            while !copy.isCaughtUp { try copy.step() }
            finished = try copy.finish(adding: batch)
        } catch {
            copy.abandon()
            throw error
        }
        file = finished.file
        batch = []
        if let doubt = finished.doubt { throw doubt }
    }
}
