import Digests
import Foundation
import SessionProtocol
import Testing

@Suite struct FixtureTests {
    @Test("valid bytes are read as exactly these fields, and these fields are written as exactly those bytes")
    func valid() throws {
        for (name, published, fixture) in try Published.all(ValidFixture.self, in: "valid") {
            let bytes = fixture.hex.bytes
            let message = try Message.described(by: fixture.message)
            // What was published is the same in all later versions.
            for version in published...ProtocolVersion.latest {
                let read = try #require(try Frame.read(bytes.span, at: 0, version: version), "\(name)")
                #expect(read.message == message, "\(name)")
                #expect(read.byteCount == bytes.count, "\(name)")
                #expect(encoded(message, version) == bytes, "\(name)")
                // Names that are equivalent are equal; the bytes tell them apart.
                #expect(encoded(read.message, version) == bytes, "\(name)")
            }
        }
    }

    @Test("valid bytes give the same message byte by byte, and nothing before the last one")
    func validInPieces() throws {
        for (name, _, fixture) in try Published.all(ValidFixture.self, in: "valid") {
            let bytes = fixture.hex.bytes
            let message = try Message.described(by: fixture.message)
            var decoder = FrameDecoder()
            for (index, byte) in bytes.enumerated() {
                let got = try decoder.feed([byte])
                #expect(got == (index == bytes.count - 1 ? [message] : []), "\(name) at \(index)")
            }
            #expect(decoder.bufferedBytes == 0)
        }
    }

    @Test("all valid frames in one stream come out one by one, however it is cut")
    func stream() throws {
        var bytes: [UInt8] = []
        var messages: [Message] = []
        for (_, _, fixture) in try Published.all(ValidFixture.self, in: "valid") {
            bytes += fixture.hex.bytes
            messages.append(try Message.described(by: fixture.message))
        }
        for pieceBytes in [bytes.count, 7, 64, 4096, 65_536] {
            var decoder = FrameDecoder()
            var got: [Message] = []
            for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                got += try decoder.feed(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
            }
            #expect(got == messages, "\(pieceBytes) bytes at a time")
            #expect(decoder.bufferedBytes == 0)
        }
    }

    @Test("invalid bytes give exactly their error, whole, byte by byte, and behind a good frame")
    func invalid() throws {
        for (name, published, fixture) in try Published.all(InvalidFixture.self, in: "invalid") {
            // What version 1 refused stays refused.
            let versions = fixture.version.map { $0...$0 } ?? published...ProtocolVersion.latest
            for version in versions { try checkInvalid(name, fixture, version) }
        }
    }

    private func checkInvalid(_ name: String, _ fixture: InvalidFixture, _ version: UInt8) throws {
        let bytes = fixture.hex.bytes
        let error = try #require(refusal(of: bytes, version), "\(name) is read")
        #expect(error.name == fixture.error, "\(name)")
        #expect(error.field == fixture.field, "\(name)")
        var decoder = FrameDecoder(version: version)
        let late = #expect(throws: WireError.self, "\(name)") {
            for byte in bytes {
                let got = try decoder.feed([byte])
                #expect(got == [], "\(name)")
            }
        }
        #expect(late == error, "\(name)")
        #expect(throws: error) { try decoder.feed([]) }
        #expect(decoder.bufferedBytes == 0)

        var second = FrameDecoder(version: version)
        let stream = encoded(.drain) + bytes
        #expect(throws: error, "\(name)") { try second.feed(stream) }
    }

    @Test("to one who speaks version 1 everything is said as if it had no extensions, and nothing else is changed")
    func withoutExtensions() throws {
        let fixtures = try Published.all(ValidFixture.self, in: "valid").filter { $0.version == 2 }
        #expect(fixtures.count > 15)
        for (name, _, fixture) in fixtures {
            let message = try Message.described(by: fixture.message)
            let bytes = encoded(message, 1)
            #expect(bytes[6] == 0, "\(name)")
            let read = try #require(try Frame.read(bytes.span, at: 0, version: 1), "\(name)").message
            #expect(read == message.withoutExtensions, "\(name)")
            #expect(encoded(read) == bytes, "\(name)")
        }
    }

    @Test("a valid frame that is cut anywhere is no error: more is awaited")
    func cut() throws {
        for (name, _, fixture) in try Published.all(ValidFixture.self, in: "valid") {
            let bytes = fixture.hex.bytes
            for count in 0..<min(bytes.count, 2_000) {
                #expect(try Frame.read(bytes.span.extracting(first: count), at: 0) == nil, "\(name) at \(count)")
            }
        }
    }

    @Test("there is a fixture for every kind, end reason, refusal, reject code, state and error")
    func coverage() throws {
        var kinds: Set<MessageKind> = []
        var reasons: Set<EndReason> = []
        var refusals: Set<RefusalReason> = []
        var rejects: Set<RejectCode> = []
        var states: Set<SessionState> = []
        for (_, _, fixture) in try Published.all(ValidFixture.self, in: "valid") {
            let message = try Message.described(by: fixture.message)
            kinds.insert(message.kind)
            switch message {
            case .ended(let outcome):
                reasons.insert(outcome.reason)
                states.insert(outcome.endedIn)
            case .refused(_, _, let reason): refusals.insert(reason)
            case .reject(let reject): rejects.insert(reject.code)
            default: break
            }
        }
        #expect(kinds == Set(MessageKind.allCases))
        #expect(reasons == Set(EndReason.allCases))
        #expect(refusals == Set(RefusalReason.allCases))
        #expect(rejects == Set(RejectCode.allCases))
        #expect(states == Set(SessionState.allCases).subtracting([.ended]))
        let errors = try Published.all(InvalidFixture.self, in: "invalid").map(\.fixture.error)
        #expect(Set(errors) == Set(everyWireError.map(\.name)))
    }

    @Test("no published fixture has changed, disappeared, or come without being listed", arguments: Published.versions)
    func manifest(_ version: UInt8) throws {
        let text = String(decoding: try Published.bytes(of: version, "MANIFEST.sha256"), as: UTF8.self)
        var listed: Set<String> = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            let (digest, path) = (String(try #require(parts.first)), String(try #require(parts.last)))
            #expect(listed.insert(path).inserted, "\(path) is listed twice")
            let bytes = try #require(try? Published.bytes(of: version, path), "\(path) has disappeared")
            let found = SHA256.hash([UInt8](bytes)).array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(found == digest, "\(path) has changed")
        }
        var present: Set<String> = []
        for kind in ["valid", "invalid", "conversations"] {
            for name in try Published.names(of: version, in: kind) { present.insert("\(kind)/\(name)") }
        }
        #expect(present == listed)
        let top = try FileManager.default.contentsOfDirectory(atPath: Published.fixtures(of: version).path)
        #expect(Set(top) == ["valid", "invalid", "conversations", "MANIFEST.sha256"])
    }
}

extension FrameDecoder {
    /// The messages that these bytes complete.
    fileprivate mutating func feed(_ bytes: [UInt8]) throws(WireError) -> [Message] {
        var messages: [Message] = []
        try feed(bytes, into: &messages)
        return messages
    }
}

/// One of each. A new case is missed by the switch below, which says where to add it.
let everyWireError: [WireError] = [
    .lengthTooSmall(0), .lengthTooLarge(0), .unknownVersion(0), .unknownKind(0), .unknownFlags(0), .reservedNotZero(0),
    .badChecksum, .badMagic, .truncated(""), .trailingBytes(0), .badText(""), .badValue(""), .tooMany(""), .duplicateSubject,
    .unknownTag(0),
]

private func isListed(_ error: WireError) -> Bool {
    switch error {
    case .lengthTooSmall, .lengthTooLarge, .unknownVersion, .unknownKind, .unknownFlags, .reservedNotZero, .badChecksum,
        .badMagic, .truncated, .trailingBytes, .badText, .badValue, .tooMany, .duplicateSubject,
        .unknownTag:
        everyWireError.contains { $0.name == error.name }
    }
}
