/// Why a name from outside is no identifier.
public enum NameError: Error, Hashable, Sendable {
    case empty
    case tooLong(bytesMax: Int)
    /// A control character (below U+0020, or U+007F) stands in it: logs and terminals would show something else.
    case controlCharacter
}

@inline(__always)
func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

/// A person or bot, the same across sessions: 1 to 128 bytes of UTF-8 without control characters. Two spellings that
/// Unicode holds to be the same text (canonical equivalence) name the same subject.
public struct SubjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    @usableFromInline let bytes: Name

    /// - Throws: why the text is no name.
    public init(_ name: String) throws(NameError) { bytes = try Name(name, bytesMax: ProtocolLimits.subjectBytesMax) }
    /// A name that the decoder has held to the same rule.
    @inline(__always)
    init(checked bytes: Name) { self.bytes = bytes }

    public var name: String { bytes.text }
    public var description: String { name }
    /// In the order of their text.
    @inlinable
    public static func < (a: SubjectID, b: SubjectID) -> Bool { a.bytes < b.bytes }
}

/// A configured kind of game: 1 to 64 bytes of UTF-8 without control characters.
public struct SceneID: Hashable, Comparable, Sendable, CustomStringConvertible {
    @usableFromInline let bytes: Name

    /// - Throws: why the text is no name.
    public init(_ name: String) throws(NameError) { bytes = try Name(name, bytesMax: ProtocolLimits.sceneBytesMax) }
    /// A name that the decoder has held to the same rule.
    @inline(__always)
    init(checked bytes: Name) { self.bytes = bytes }

    public var name: String { bytes.text }
    public var description: String { name }
    /// In the order of their text.
    @inlinable
    public static func < (a: SceneID, b: SceneID) -> Bool { a.bytes < b.bytes }
}

/// A process's lasting name on the link: 1 to 64 bytes of UTF-8 without control characters.
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    @usableFromInline let bytes: Name

    /// - Throws: why the text is no name.
    public init(_ name: String) throws(NameError) { bytes = try Name(name, bytesMax: ProtocolLimits.nodeBytesMax) }
    /// A name that the decoder has held to the same rule.
    @inline(__always)
    init(checked bytes: Name) { self.bytes = bytes }

    public var name: String { bytes.text }
    public var description: String { name }
    /// In the order of their text.
    @inlinable
    public static func < (a: NodeID, b: NodeID) -> Bool { a.bytes < b.bytes }
}

/// One game, from its first waiting player to ENDED: 128 random bits, written as 32 hexadecimal digits.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 32 lower-case hexadecimal digits that `description` writes; nil for anything else.
    public init?(_ text: String) {
        guard let (high, low) = Hexadecimal.decode128(text) else { return nil }
        self.init(high: high, low: low)
    }

    public var description: String { Hexadecimal.encode128(high, low) }
}

extension SessionID {
    @inlinable
    public static func == (a: SessionID, b: SessionID) -> Bool { a.low == b.low && a.high == b.high }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }

    /// The bits are random already: drawn here, or by a peer that has proven itself. A table's seed goes in, so that tables
    /// that are filled from one another do not cluster.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int { OwnNumber.hash(low ^ high, seed: seed) }
}

/// Numbers that no stranger chooses are spread over a table by one multiplication. What comes from outside is hashed by the
/// standard library, with a secret key.
@usableFromInline enum OwnNumber {
    @inlinable @inline(__always)
    static func hash(_ number: UInt64, seed: Int) -> Int {
        // The odd number nearest to 2^64 divided by the golden ratio (Knuth, volume 3, section 6.4).
        let product = (number ^ UInt64(bitPattern: Int64(seed))).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}

/// 128 random bits that let one subject speak for one player slot; written as 32 hexadecimal digits.
public struct Ticket: Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init?(_ text: String) {
        guard let (high, low) = Hexadecimal.decode128(text) else { return nil }
        self.init(high: high, low: low)
    }

    /// The digits that a client presents. Never logged.
    public var text: String { Hexadecimal.encode128(high, low) }
    /// Hides the bits, so that a ticket cannot reach a log by way of interpolation.
    public var description: String { "ticket" }
}

extension Ticket: Hashable {
    /// Compares all bits whatever the first difference, so that timing says nothing about a guess.
    public static func == (a: Ticket, b: Ticket) -> Bool { ((a.high ^ b.high) | (a.low ^ b.low)) == 0 }

    public func hash(into hasher: inout Hasher) { hasher.combine(high) }
}

/// Counts the hand-offs of one session, from 1; a stale attempt can change nothing.
public struct Attempt: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt32
    public init(_ number: UInt32) { self.number = number }
    public static let first = Attempt(1)
    public var next: Attempt { Attempt(number &+ 1) }
    public static func < (a: Attempt, b: Attempt) -> Bool { a.number < b.number }
    public var description: String { String(number) }
}

/// A subject's slot in a session: 0, 1, … 254.
public struct PlayerIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt8
    public init(_ number: UInt8) { self.number = number }
    public init?(exactly number: Int) {
        guard number >= 0, number < ProtocolLimits.playersMax else { return nil }
        self.number = UInt8(number)
    }
    public static func < (a: PlayerIndex, b: PlayerIndex) -> Bool { a.number < b.number }
    public var description: String { String(number) }
}

/// A random number that a process draws when it starts.
public struct Incarnation: Hashable, Sendable, CustomStringConvertible {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public var description: String { Hexadecimal.encode64(number) }
}

/// A client's connection as a core knows it: a number that the shell chose and never uses twice.
public struct ConnectionHandle: Hashable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }

    @inlinable
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
    @inlinable
    public func _rawHashValue(seed: Int) -> Int { OwnNumber.hash(number, seed: seed) }
}
