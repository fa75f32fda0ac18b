import Foundation
import SessionProtocol

/// The published files beside the specification.
enum Published {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "proto")

    /// The versions that have been published, each in a folder of its own.
    static let versions = Array(ProtocolVersion.spoken)

    static func fixtures(of version: UInt8) -> URL { folder.appending(path: "fixtures/v\(version)") }

    static func specification() throws -> String {
        try String(contentsOf: folder.appending(path: "session-protocol.md"), encoding: .utf8)
    }

    /// Names of the files of a kind of fixture, in order.
    static func names(of version: UInt8, in kind: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixtures(of: version).appending(path: kind).path).sorted()
    }

    static func bytes(of version: UInt8, _ path: String) throws -> Data {
        try Data(contentsOf: fixtures(of: version).appending(path: path))
    }

    /// All fixtures of a kind, of every version, with their names.
    static func all<Fixture: Decodable>(
        _ type: Fixture.Type, in kind: String
    ) throws -> [(name: String, version: UInt8, fixture: Fixture)] {
        try versions.flatMap { version in
            try names(of: version, in: kind).map { name in
                let fixture = try JSONDecoder().decode(type, from: bytes(of: version, "\(kind)/\(name)"))
                return ("v\(version)/\(name)", version, fixture)
            }
        }
    }
}

/// A fixture that does not say what it should.
struct FixtureError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

struct ValidFixture: Decodable {
    let why: String
    let hex: HexLines
    let message: JSON
}

struct InvalidFixture: Decodable {
    let why: String
    let hex: HexLines
    let error: String
    let field: String?
    /// The version of the link that the bytes come from, where it is not the one that they were published with.
    let version: UInt8?
}

struct ConversationFixture: Decodable {
    struct Step: Decodable {
        let from: String?
        let hex: HexLines?
        let message: JSON?
        let event: String?
    }
    struct Secrets: Decodable {
        let coordinator: String
        let matchmaker: String
    }
    let why: String
    let secrets: Secrets
    /// What each side speaks; version 1 and no other where nothing is said.
    let versions: [String: [UInt8]]?
    let checks: [String]
    let steps: [Step]
}

/// Lines of hexadecimal digits, 32 bytes each but the last.
struct HexLines: Decodable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let lines = try [String](from: decoder)
        guard lines.dropLast().allSatisfy({ $0.count == 64 }) else { throw FixtureError("lines have 32 bytes") }
        bytes = try bytesOf(hex: lines.joined())
    }
}

func bytesOf(hex: String) throws -> [UInt8] {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { throw FixtureError("half a byte") }
    return try stride(from: 0, to: digits.count, by: 2).map { at in
        guard let byte = UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16) else {
            throw FixtureError("no hexadecimal digits: \(hex)")
        }
        return byte
    }
}

/// JSON with its kinds kept apart: a flag is no number, and a number is no text.
enum JSON: Decodable, Equatable {
    case flag(Bool)
    case number(UInt64)
    case text(String)
    case list([JSON])
    case fields([String: JSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(UInt64.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .fields(try value.decode([String: JSON].self))
        }
    }
}
