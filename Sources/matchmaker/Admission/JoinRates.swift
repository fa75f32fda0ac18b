import Service
import SessionProtocol

/// Bounds of what is kept of those who have lately joined.
struct JoinRateLimits {
    var perAddress = RateLimit(perMinute: 0, burst: 1)
    var perSubject = RateLimit(perMinute: 0, burst: 1)
    var addressesMax = 100_000
    var subjectsMax = 100_000
}

/// How a join shows whose it is.
enum SubjectProof: Hashable, Sendable {
    /// Not at all.
    case said
    /// By a `resume` of a place that it still has.
    case place
    case token
}

/// How often somebody may join: by address, and by subject. A subject's name that is proven and one that is only said count
/// apart, so that nobody can use up another's joins by the name alone; a token is not used up by a `resume` either, which
/// whoever came first under a name may have.
struct JoinRates {
    private struct SubjectKey: Hashable, Sendable {
        let subject: SubjectID
        let proof: SubjectProof
    }

    private var addresses: RateTable<AddressKey>?
    private var subjects: RateTable<SubjectKey>?

    init(_ limits: JoinRateLimits) {
        if limits.perAddress.perMinute > 0 { addresses = RateTable(limits.perAddress, keysMax: limits.addressesMax) }
        if limits.perSubject.perMinute > 0 { subjects = RateTable(limits.perSubject, keysMax: limits.subjectsMax) }
    }

    mutating func take(_ address: AddressKey, nowMs: UInt64) throws(AdmissionRefusal) {
        if let waitMs = addresses?.take(address, nowMs: nowMs) { throw .addressRate(waitMs: waitMs) }
    }

    mutating func take(_ subject: SubjectID, _ proof: SubjectProof, nowMs: UInt64) throws(AdmissionRefusal) {
        let key = SubjectKey(subject: subject, proof: proof)
        if let waitMs = subjects?.take(key, nowMs: nowMs) { throw .subjectRate(waitMs: waitMs) }
    }

    mutating func expire(nowMs: UInt64) {
        addresses?.expire(nowMs: nowMs)
        subjects?.expire(nowMs: nowMs)
    }

    /// By the names of `/v1/state`.
    var tables: [(name: String, count: Int)] {
        [("joinsByAddress", addresses?.count ?? 0), ("joinsBySubject", subjects?.count ?? 0)]
    }
}
