/// A table whose entries all live equally long and which holds only so many: the oldest go first.
public struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let serial: UInt64
    }
    private struct Queued {
        let key: Key
        let serial: UInt64
        let expiresMs: UInt64
    }

    private let lifetimeMs: UInt64
    private let countMax: Int
    private var entries: [Key: Entry] = [:]
    private var queue: [Queued] = []
    private var queueHead = 0
    private var serialNext: UInt64 = 0

    public init(lifetimeMs: UInt64, countMax: Int) {
        precondition(countMax > 0)
        self.lifetimeMs = lifetimeMs
        self.countMax = countMax
    }

    public var count: Int { entries.count }
    /// When `expire` next has something to do; nil when there is nothing.
    public var nextMs: UInt64? { queueHead < queue.count ? queue[queueHead].expiresMs : nil }

    public subscript(key: Key) -> Value? { entries[key]?.value }

    /// Adds an entry, or renews one with a new value. Over the limit the oldest entry goes.
    public mutating func insert(_ value: Value, for key: Key, nowMs: UInt64) {
        entries[key] = Entry(value: value, serial: serialNext)
        let (expiresMs, isForever) = nowMs.addingReportingOverflow(lifetimeMs)
        queue.append(Queued(key: key, serial: serialNext, expiresMs: isForever ? .max : expiresMs))
        serialNext += 1
        while entries.count > countMax { dropOldest() }
        if queue.count > 2 * countMax + 64 {
            queue.removeFirst(queueHead)
            queueHead = 0
            queue.removeAll { entries[$0.key]?.serial != $0.serial }
        }
    }

    /// Forgets one entry before its time.
    public mutating func remove(_ key: Key) { entries[key] = nil }

    /// Forgets all that has expired.
    public mutating func expire(nowMs: UInt64) {
        while let nextMs, nextMs <= nowMs { dropOldest() }
    }

    private mutating func dropOldest() {
        let oldest = queue[queueHead]
        queueHead += 1
        if entries[oldest.key]?.serial == oldest.serial { entries[oldest.key] = nil }
        if queueHead > 64 && queueHead * 2 > queue.count {
            queue.removeFirst(queueHead)
            queueHead = 0
        }
    }
}
