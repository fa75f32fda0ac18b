/// Why bytes are no frame, or a frame no message. The link or file that they came from goes no further.
public enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The length field is below the header's own size.
    case lengthTooSmall(UInt32)
    /// The length field is over `ProtocolLimits.frameBytesMax`.
    case lengthTooLarge(UInt32)
    case unknownVersion(UInt8)
    case unknownKind(UInt8)
    case unknownFlags(UInt8)
    case reservedNotZero(UInt8)
    case badChecksum
    /// The handshake does not begin with the protocol's magic bytes.
    case badMagic
    /// The body ends inside this field.
    case truncated(String)
    /// Bytes are left behind the last field.
    case trailingBytes(Int)
    /// The field is not UTF-8, or not a name.
    case badText(String)
    /// The field's value is outside what it may be.
    case badValue(String)
    /// A count or length promises more than the field may hold.
    case tooMany(String)
    /// One subject sits in two seats.
    case duplicateSubject
    /// An extension that must be understood, and is not known.
    case unknownTag(UInt8)

    /// The name in the specification and its fixtures. Stable.
    public var name: String {
        switch self {
        case .lengthTooSmall: "lengthTooSmall"
        case .lengthTooLarge: "lengthTooLarge"
        case .unknownVersion: "unknownVersion"
        case .unknownKind: "unknownKind"
        case .unknownFlags: "unknownFlags"
        case .reservedNotZero: "reservedNotZero"
        case .badChecksum: "badChecksum"
        case .badMagic: "badMagic"
        case .truncated: "truncated"
        case .trailingBytes: "trailingBytes"
        case .badText: "badText"
        case .badValue: "badValue"
        case .tooMany: "tooMany"
        case .duplicateSubject: "duplicateSubject"
        case .unknownTag: "unknownTag"
        }
    }

    /// The field that is wrong, by its name in the specification; nil where no one field is.
    public var field: String? {
        switch self {
        case .truncated(let field), .badText(let field), .badValue(let field), .tooMany(let field): field
        case .lengthTooSmall, .lengthTooLarge, .unknownVersion, .unknownKind, .unknownFlags, .reservedNotZero,
            .badChecksum, .badMagic, .trailingBytes, .duplicateSubject, .unknownTag:
            nil
        }
    }

    public var description: String {
        switch self {
        case .lengthTooSmall(let length): "frame length \(length) is below the header's size"
        case .lengthTooLarge(let length): "frame length \(length) is over \(ProtocolLimits.frameBytesMax)"
        case .unknownVersion(let version): "unknown version \(version)"
        case .unknownKind(let kind): "unknown message kind \(kind)"
        case .unknownFlags(let flags): "unknown flags \(flags)"
        case .reservedNotZero(let byte): "reserved byte is \(byte), not 0"
        case .badChecksum: "checksum does not match"
        case .badMagic: "not the session protocol: magic does not match"
        case .truncated(let field): "body ends inside \(field)"
        case .trailingBytes(let count): "\(count) bytes behind the last field"
        case .badText(let field): "\(field) is not valid text"
        case .badValue(let field): "\(field) has a value that it may not have"
        case .tooMany(let field): "\(field) is over its limit"
        case .duplicateSubject: "a subject sits in two seats"
        case .unknownTag(let tag): "extension \(tag) must be understood, and is not known here"
        }
    }
}
