import SessionProtocol

/// So many a minute, and so many at once after a pause.
struct RateLimit: Equatable {
    /// 0 for no limit.
    var perMinute: Int
    var burst: Int
}

/// Counts for each key what it may do in a time: a bucket of `burst` tokens that fills again at `perMinute`. Of each bucket only
/// the time is kept at which it will be full again (the generic cell rate algorithm), and a full one is forgotten, so that a
/// table holds those alone who have lately taken something.
struct RateTable<Key: Hashable & Sendable> {
    private let intervalUs: UInt64
    private let burstUs: UInt64
    private var fullAtUs: ExpiringTable<Key, UInt64>

    /// - Parameter keysMax: buckets kept at once; over it those untouched for longest count as full.
    init(_ limit: RateLimit, keysMax: Int) {
        precondition(limit.perMinute > 0 && limit.burst > 0, "a limit that lets nothing through")
        intervalUs = max(60_000_000 / UInt64(limit.perMinute), 1)
        burstUs = intervalUs * UInt64(limit.burst)
        fullAtUs = ExpiringTable(lifetimeMs: burstUs / 1000 + 1, countMax: keysMax)
    }

    /// Buckets that are not full.
    var count: Int { fullAtUs.count }

    /// Takes a token.
    /// - Returns: nil; or, when there is none, in how many milliseconds there will be one. Asking costs nothing.
    mutating func take(_ key: Key, nowMs: UInt64) -> UInt64? {
        let nowUs = nowMs * 1000
        let afterUs = max(fullAtUs[key] ?? 0, nowUs) + intervalUs
        guard afterUs <= nowUs + burstUs else { return (afterUs - nowUs - burstUs + 999) / 1000 }
        fullAtUs.insert(afterUs, for: key, nowMs: nowMs)
        return nil
    }

    /// Forgets the buckets that are full again.
    mutating func expire(nowMs: UInt64) { fullAtUs.expire(nowMs: nowMs) }
}
