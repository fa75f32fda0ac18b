/// With whom one comes: `"party":{"code":C,"size":n}`.
public struct PartyRequest: Equatable, Sendable {
    /// 1 to 64 bytes; those who name the same one stay together.
    public var code: String
    /// How many they are, from 1 on.
    public var size: Int

    public init(code: String, size: Int) {
        self.code = code
        self.size = size
    }

    static func decode(
        _ fields: ClientMessageFields, _ json: Span<UInt8>, limits: ClientMessageLimits
    ) throws(ClientMessageError) -> PartyRequest? {
        guard let object = try fields.optionalRawObject(.party, json, bytesMax: limits.partyBytesMax) else { return nil }
        let party = try ClientMessageFields(object.span, limits: limits)
        let code = try party.string(.code, object.span, bytesMax: limits.partyCodeBytesMax)
        let size = try party.integer(.size, object.span, max: limits.partySizeMax)
        guard size > 0 else { throw ClientMessageError(.badMessage, "`size` of a party is at least 1") }
        return PartyRequest(code: code, size: size)
    }
}
