import Digests

/// What a `resume` says, before it is signed.
public struct ResumeClaim: Hashable, Sendable {
    /// Codes are stable: they stand in texts that clients keep.
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// Restores the waiting time, and proves who its holder is. Told with `waiting`.
        case place = 1
        /// Makes the matchmaker forget the session for the subject; gives no waiting time. Told with `ended`.
        case release = 2
        /// Both: for one who is put back in the queue by the end of a session. Told with `ended`.
        case releasedPlace = 3
        /// A place that was given to one who had been released: it releases from those sessions too, since a restart
        /// may bring them back. Told with `waiting`, and read by the matchmaker alone.
        case placeBehindRelease = 4

        public var restoresPlace: Bool { self != .release }
    }

    public var kind: Kind
    public var scene: SceneID
    public var subject: SubjectID
    /// The session that it was given for.
    public var session: SessionID
    /// When the subject first joined, in milliseconds since 1970.
    public var sinceUnixMs: UInt64
    /// When it stops being good, in milliseconds since 1970.
    public var expiresUnixMs: UInt64
    /// The sessions that a `placeBehindRelease` releases from, in the order of the releases; empty for other kinds.
    public var releasedFrom: [SessionID]

    /// At most `ProtocolLimits.resumeReleasesMax` sessions may have been released from.
    public init(
        kind: Kind, scene: SceneID, subject: SubjectID, session: SessionID, sinceUnixMs: UInt64, expiresUnixMs: UInt64,
        releasedFrom: [SessionID] = []
    ) {
        precondition(releasedFrom.count <= ProtocolLimits.resumeReleasesMax, "the newest releases are named")
        precondition(releasedFrom.isEmpty || kind == .placeBehindRelease, "other kinds have no field for them")
        self.kind = kind
        self.scene = scene
        self.subject = subject
        self.session = session
        self.sinceUnixMs = sinceUnixMs
        self.expiresUnixMs = expiresUnixMs
        self.releasedFrom = releasedFrom
    }

    /// The sessions whose end its holder was told: they are over for the subject, whatever is known of them here.
    public var releases: [SessionID] {
        switch kind {
        case .place: []
        case .release, .releasedPlace: [session]
        case .placeBehindRelease: releasedFrom
        }
    }

    public func releases(from session: SessionID) -> Bool { releases.contains(session) }

    static let version: UInt8 = 1

    var byteCount: Int {
        2 + 16 + 8 + 8 + countedBytes(scene.bytes.byteCount) + countedBytes(subject.bytes.byteCount)
            + (kind == .placeBehindRelease ? 1 + 16 * releasedFrom.count : 0)
    }

    func encode(into writer: inout ByteWriter) {
        writer.u8(ResumeClaim.version)
        writer.u8(kind.rawValue)
        writer.u64(session.high)
        writer.u64(session.low)
        writer.u64(sinceUnixMs)
        writer.u64(expiresUnixMs)
        writer.name(scene.bytes)
        writer.name(subject.bytes)
        guard kind == .placeBehindRelease else { return }
        writer.u8(UInt8(releasedFrom.count))
        for session in releasedFrom {
            writer.u64(session.high)
            writer.u64(session.low)
        }
    }

    init?(_ body: Span<UInt8>, _ reader: inout ByteReader) throws(WireError) {
        guard try reader.u8(body, "version") == ResumeClaim.version,
            let kind = Kind(rawValue: try reader.u8(body, "kind"))
        else { return nil }
        let session = SessionID(high: try reader.u64(body, "session"), low: try reader.u64(body, "session"))
        let sinceUnixMs = try reader.u64(body, "since")
        let expiresUnixMs = try reader.u64(body, "expires")
        let sceneName = try reader.text(body, "scene", bytesMax: ProtocolLimits.sceneBytesMax)
        let subjectName = try reader.text(body, "subject", bytesMax: ProtocolLimits.subjectBytesMax)
        var releasedFrom: [SessionID] = []
        if kind == .placeBehindRelease {
            let count = Int(try reader.u8(body, "releasedFrom"))
            guard count <= ProtocolLimits.resumeReleasesMax else { return nil }
            for _ in 0..<count {
                let high = try reader.u64(body, "releasedFrom")
                releasedFrom.append(SessionID(high: high, low: try reader.u64(body, "releasedFrom")))
            }
        }
        guard let scene = try? SceneID(sceneName), let subject = try? SubjectID(subjectName) else { return nil }
        self.init(
            kind: kind, scene: scene, subject: subject, session: session, sinceUnixMs: sinceUnixMs,
            expiresUnixMs: expiresUnixMs, releasedFrom: releasedFrom)
    }
}
