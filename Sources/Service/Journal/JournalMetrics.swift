/// The figures of a journal.
struct JournalMetrics {
    private var syncSeconds: (registry: Metrics, histogram: Histogram)?

    mutating func declare(in registry: Metrics, of journal: Journal) {
        registry.gauge("greenroom_journal_working", help: "1 while the disk takes records.") { [unowned journal] in
            journal.isWorking ? 1 : 0
        }
        registry.counter("greenroom_journal_failures_total", help: "Times that the disk began to fail.") {
            [unowned journal] in Double(journal.failureCount)
        }
        registry.gauge("greenroom_journal_bytes", help: "Size of the journal.") { [unowned journal] in
            Double(journal.byteCount)
        }
        registry.gauge("greenroom_journal_pending_bytes", help: "Bytes of records that wait for the disk.") {
            [unowned journal] in Double(journal.pendingBytes)
        }
        registry.counter("greenroom_journal_compactions_total", help: "Times that the journal was compacted.") {
            [unowned journal] in Double(journal.compactionCount)
        }
        let histogram = registry.histogram(
            "greenroom_journal_sync_seconds", help: "How long writes of records took until they were on disk.",
            bounds: [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5])
        syncSeconds = (registry, histogram)
    }

    func observe(syncNs: UInt64) {
        guard let syncSeconds else { return }
        syncSeconds.registry.observe(syncSeconds.histogram, Double(syncNs) / 1e9)
    }
}
