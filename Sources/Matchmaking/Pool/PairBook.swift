import SessionProtocol

/// What is known of pairs of subjects, for all scenes: who is kept apart for a while, and whose round trip was measured.
/// Only those of whom something is known have a number, so that for most of those who wait there is nothing to ask.
struct PairBook: Sendable {
    private var people = Interner<SubjectID>()
    private var apart: PairTable
    private var measured: PairTable

    init(apartLifetimeMs: UInt64, apartMax: Int, measuredLifetimeMs: UInt64, measuredMax: Int) {
        apart = PairTable(lifetimeMs: apartLifetimeMs, countMax: apartMax)
        measured = PairTable(lifetimeMs: measuredLifetimeMs, countMax: measuredMax)
    }

    var peopleCount: Int { people.count }
    var apartCount: Int { apart.count }
    var measuredCount: Int { measured.count }
    /// When `popExpired` next has something to give, on the boot clock.
    var nextMs: UInt64? { [apart.nextMs, measured.nextMs].compactMap { $0 }.min() }

    /// The subject's number if something is known of it, and else 0. It stays the subject's until `release`.
    mutating func holdKnown(_ subject: SubjectID) -> UInt32 { people.holdKnown(subject) }
    mutating func hold(_ subject: SubjectID) -> UInt32 { people.hold(subject) }
    mutating func release(_ person: UInt32) { people.release(person) }
    func person(_ subject: SubjectID) -> UInt32 { people.number(of: subject) }
    func subject(_ person: UInt32) -> SubjectID? { people.value(of: person) }

    /// - Parameter ageMs: since when they have been apart.
    mutating func keepApart(_ a: SubjectID, _ b: SubjectID, nowMs: UInt64, ageMs: UInt64 = 0) {
        guard a != b else { return }
        let key = PairKey(people.hold(a), people.hold(b))
        // An entry holds its two numbers; one that is only renewed holds them already.
        if !apart.insert(1, for: key, nowMs: nowMs, ageMs: ageMs) { release(key) }
        while let dropped = apart.popOverflow() { release(dropped) }
    }

    /// - Parameter ageMs: how long ago that was.
    mutating func setMeasured(
        _ a: SubjectID, _ b: SubjectID, roundTripMs: UInt32, nowMs: UInt64, ageMs: UInt64 = 0
    ) {
        guard a != b else { return }
        let key = PairKey(people.hold(a), people.hold(b))
        if !measured.insert(roundTripMs, for: key, nowMs: nowMs, ageMs: ageMs) { release(key) }
        while let dropped = measured.popOverflow() { release(dropped) }
    }

    /// Takes over what the pairs of a session have measured, the latest of a pair in place of an earlier one. Rounded up, so that
    /// it is within a cap of whole milliseconds exactly when the measured time is.
    mutating func setMeasured(_ outcome: Outcome, nowMs: UInt64, ageMs: UInt64) {
        for entry in outcome.roundTrips {
            let (lower, higher) = (Int(entry.pair.lower.number), Int(entry.pair.higher.number))
            guard higher < outcome.players.count else { continue }
            setMeasured(
                outcome.players[lower].subject, outcome.players[higher].subject,
                roundTripMs: (entry.roundTripUs + 999) / 1000, nowMs: nowMs, ageMs: ageMs)
        }
    }

    private mutating func release(_ key: PairKey) {
        people.release(key.lower)
        people.release(key.higher)
    }

    /// Takes out a pair whose time apart is over, or which has been measured too long ago.
    mutating func popExpired(nowMs: UInt64) -> (SubjectID, SubjectID)? {
        guard let key = apart.popExpired(nowMs: nowMs) ?? measured.popExpired(nowMs: nowMs) else { return nil }
        defer { release(key) }
        guard let a = people.value(of: key.lower), let b = people.value(of: key.higher) else { return nil }
        return (a, b)
    }

    func areApart(_ a: UInt32, _ b: UInt32) -> Bool { apart[PairKey(a, b)] != nil }
    func measuredMs(_ a: UInt32, _ b: UInt32) -> UInt32? { measured.count == 0 ? nil : measured[PairKey(a, b)] }
    var knowsMeasured: Bool { measured.count > 0 }
}

/// Two numbers of people, whatever their order.
struct PairKey: Hashable, Sendable {
    let lower: UInt32
    let higher: UInt32
    init(_ a: UInt32, _ b: UInt32) { (lower, higher) = (min(a, b), max(a, b)) }
}

/// Something of each of so many pairs, the oldest of which go first, or when their time is over.
struct PairTable: Sendable {
    private struct Entry {
        var value: UInt32
        var serial: UInt64
    }
    private struct Queued {
        let key: PairKey
        let serial: UInt64
        let expiresMs: UInt64
    }

    private let lifetimeMs: UInt64?
    private let countMax: Int
    private var entries: [PairKey: Entry] = [:]
    private var queue: [Queued] = []
    private var head = 0
    private var serialNext: UInt64 = 0

    init(lifetimeMs: UInt64?, countMax: Int) {
        self.lifetimeMs = lifetimeMs
        self.countMax = max(1, countMax)
    }

    var count: Int { entries.count }
    var nextMs: UInt64? { lifetimeMs != nil && head < queue.count ? queue[head].expiresMs : nil }
    subscript(key: PairKey) -> UInt32? { entries[key]?.value }

    /// False when it renews an entry.
    /// - Parameter ageMs: how much of its time has passed. Of entries that come out of the order of their age the older goes with
    ///   the one that came before it.
    mutating func insert(_ value: UInt32, for key: PairKey, nowMs: UInt64, ageMs: UInt64 = 0) -> Bool {
        let isNew = entries.updateValue(Entry(value: value, serial: serialNext), forKey: key) == nil
        let (expiresMs, isForever) = nowMs.addingReportingOverflow(lifetimeMs.map { $0 - min($0, ageMs) } ?? .max)
        queue.append(Queued(key: key, serial: serialNext, expiresMs: isForever ? .max : expiresMs))
        serialNext += 1
        if queue.count > 2 * countMax + 64 {
            queue.removeFirst(head)
            head = 0
            queue.removeAll { entries[$0.key]?.serial != $0.serial }
        }
        return isNew
    }

    /// Takes out the oldest while there are too many.
    mutating func popOverflow() -> PairKey? {
        while entries.count > countMax {
            if let key = popOldest() { return key }
        }
        return nil
    }

    mutating func popFirst() -> PairKey? {
        while !entries.isEmpty {
            if let key = popOldest() { return key }
        }
        return nil
    }

    mutating func popExpired(nowMs: UInt64) -> PairKey? {
        while let nextMs, nextMs <= nowMs {
            if let key = popOldest() { return key }
        }
        return nil
    }

    /// Nil for what has been renewed since.
    private mutating func popOldest() -> PairKey? {
        let oldest = queue[head]
        head += 1
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        guard entries[oldest.key]?.serial == oldest.serial else { return nil }
        entries[oldest.key] = nil
        return oldest.key
    }
}
