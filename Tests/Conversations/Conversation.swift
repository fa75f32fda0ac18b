import Foundation
import SessionProtocol

/// A recorded exchange of `proto/fixtures/v1/conversations` or of version 2, as the specification describes it.
public struct Conversation: Sendable {
    public struct Step: Sendable {
        public let atMs: UInt64
        /// Who speaks, or to whom something happens; "both" for the latter.
        public let who: String
        public let event: String?
        public let bytes: [UInt8]
        public let message: Message?
        public let isLost: Bool
        public let isLate: Bool
    }

    public let name: String
    public let steps: [Step]
    public let checks: [String]
    public let secrets: [String: [UInt8]]
    public let resumeKey: [UInt8]
    public let start: Moment
    /// Those that the matchmaker speaks; the coordinator says its own.
    public let matchmakerVersions: ClosedRange<UInt8>

    /// All that a side takes part in by the rules.
    public static func all(checking side: String) throws -> [Conversation] {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "proto/fixtures")
        return try ProtocolVersion.spoken.flatMap { version in
            let folder = fixtures.appending(path: "v\(version)/conversations")
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                .map { try Conversation(folder.appending(path: $0)) }.filter { $0.checks.contains(side) }
        }
    }

    private init(_ file: URL) throws {
        let root = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
        name = file.lastPathComponent
        checks = root.checks
        secrets = try root.secrets.mapValues(Conversation.bytes)
        resumeKey = try Conversation.bytes(root.resumeKey)
        let versions = root.versions?["matchmaker"] ?? [1, 1]
        matchmakerVersions = versions[0]...versions[1]
        start = Moment(bootMs: root.startBootMs, unixMs: root.startUnixMs)
        steps = try root.steps.map { step in
            let bytes = try Conversation.bytes((step.hex ?? []).joined())
            return Step(
                atMs: step.atMs, who: step.from ?? step.at ?? "", event: step.event, bytes: bytes,
                message: try Frame.read(bytes.span, at: 0)?.message, isLost: step.isLost ?? false, isLate: step.isLate ?? false)
        }
    }

    public func now(_ atMs: UInt64) -> Moment { Moment(bootMs: start.bootMs + atMs, unixMs: start.unixMs + atMs) }

    private static func bytes(_ hex: String) throws -> [UInt8] {
        let digits = Array(hex.utf8)
        return try stride(from: 0, to: digits.count, by: 2).map { at in
            guard let byte = UInt8(String(decoding: digits[at...].prefix(2), as: UTF8.self), radix: 16) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            return byte
        }
    }

    private struct Recorded: Decodable {
        struct Step: Decodable {
            let atMs: UInt64
            let from: String?
            let at: String?
            let event: String?
            let hex: [String]?
            let isLost: Bool?
            let isLate: Bool?
        }
        let secrets: [String: String]
        let versions: [String: [UInt8]]?
        let checks: [String]
        let startBootMs: UInt64
        let startUnixMs: UInt64
        let resumeKey: String
        let steps: [Step]
    }
}

/// What a side is about to say, held against the record.
public struct Sayings: Sendable {
    public private(set) var pending: [[UInt8]] = []
    /// What the link speaks.
    public var version = ProtocolVersion.first

    public init() {}

    public mutating func say(_ message: Message) {
        var bytes: [UInt8] = []
        Frame.append(message, version: version, to: &bytes)
        pending.append(bytes)
    }

    /// The next thing said, or nil.
    public mutating func next() -> [UInt8]? { pending.isEmpty ? nil : pending.removeFirst() }

    /// The link is gone, and what was on its way.
    public mutating func drop() { pending = [] }
}
