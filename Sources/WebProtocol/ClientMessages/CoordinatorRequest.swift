/// What a client says to the coordinator, in text messages (design: "The client protocol").
public enum CoordinatorRequest: Equatable, Sendable {
    /// - `received`: how many ordered messages the client already has; 0 when absent.
    /// - `tick`: the number of the last bundle that it has; 0 when absent.
    case enter(session: String, ticket: String, received: Int, tick: Int = 0)
    /// - `data`: any JSON, byte for byte: it is for another client to understand.
    /// - `attempt`, here and below: what it belongs to; nil when the client does not say.
    case signal(to: Int, data: [UInt8], attempt: UInt32? = nil)
    case validated(peer: Int, rttMs: Double?, attempt: UInt32? = nil)
    case validationFailed(peer: Int, detail: String?, attempt: UInt32? = nil)
    case peerLost(peer: Int, attempt: UInt32? = nil)
    /// - `clientMs`: what its clock said.
    case clock(sample: Int, clientMs: Double)
    case ready(barrier: String)
    /// - `episode`: its number, from 1; the one that runs when absent.
    case episodeDone(episode: Int?)
    /// - `episode`: the number of the one that it is ready for; the one that all get ready for when absent.
    case resetDone(episode: Int?)
    /// - `result`: a JSON object, byte for byte, of any length: the session protocol, which carries it on, has the limit.
    case finish(result: [UInt8]?)
    case leave
    /// Its page is hidden now, or seen again.
    case visibility(hidden: Bool)
    case exclude(reason: String)

    /// Reads one text message.
    /// - Throws: `bad_json`, `bad_message` (naming the member), `unknown_type` or `too_large`.
    public static func decode(
        _ json: Span<UInt8>, limits: ClientMessageLimits
    ) throws(ClientMessageError) -> CoordinatorRequest {
        let fields = try ClientMessageFields(json, limits: limits)
        let type = try fields.type(json)
        switch type {
        case "enter":
            return .enter(
                session: try fields.string(.session, json, bytesMax: limits.sessionBytesMax),
                ticket: try fields.string(.ticket, json, bytesMax: limits.ticketBytesMax),
                received: try fields.optionalInteger(.received, json, max: 1 << 53 - 1) ?? 0,
                tick: try fields.optionalInteger(.tick, json, max: Int(UInt32.max)) ?? 0)
        case "signal":
            return .signal(
                to: try fields.integer(.to, json, max: limits.playerMax),
                data: try fields.raw(.data, json, bytesMax: limits.signalBytesMax),
                attempt: try attempt(fields, json))
        case "validated":
            return .validated(
                peer: try fields.integer(.peer, json, max: limits.playerMax),
                rttMs: try fields.optionalNumber(.rttMs, json), attempt: try attempt(fields, json))
        case "validationFailed":
            return .validationFailed(
                peer: try fields.integer(.peer, json, max: limits.playerMax),
                detail: try fields.optionalFreeText(.detail, json, bytesMax: limits.detailBytesMax),
                attempt: try attempt(fields, json))
        case "peerLost":
            return .peerLost(
                peer: try fields.integer(.peer, json, max: limits.playerMax), attempt: try attempt(fields, json))
        case "clock":
            return .clock(
                sample: try fields.integer(.sample, json, max: Int(UInt32.max)),
                clientMs: try fields.number(.clientMs, json))
        case "ready":
            return .ready(barrier: try fields.string(.barrier, json, bytesMax: limits.barrierBytesMax))
        case "episodeDone":
            return .episodeDone(episode: try fields.optionalInteger(.episode, json, max: Int(UInt16.max)))
        case "resetDone":
            return .resetDone(episode: try fields.optionalInteger(.episode, json, max: Int(UInt16.max)))
        case "finish":
            return .finish(result: try fields.optionalRawObject(.result, json, bytesMax: limits.messageBytesMax))
        case "leave": return .leave
        case "visibility": return .visibility(hidden: try fields.flag(.hidden, json))
        case "exclude":
            return .exclude(reason: try fields.string(.reason, json, bytesMax: limits.reasonBytesMax))
        default: throw ClientMessageFields.unknownType(type)
        }
    }

    private static func attempt(
        _ fields: ClientMessageFields, _ json: Span<UInt8>
    ) throws(ClientMessageError) -> UInt32? {
        try fields.optionalInteger(.attempt, json, max: Int(UInt32.max)).map { UInt32(truncatingIfNeeded: $0) }
    }
}
