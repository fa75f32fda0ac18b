import SessionProtocol

/// One TCP connection between a coordinator and the matchmaker, with what each end's shell keeps for it.
struct Link {
    let coordinator: Int
    let coordinatorLife: UInt32
    var matchmakerLife: UInt32
    /// Each end, as its own process sees it.
    var coordinatorEnd = End.opening
    var matchmakerEnd = End.opening
    /// From then on nothing gets through.
    var brokenAtUs: UInt64 = .max
    /// When the last bytes so far arrive, so that none overtake them.
    var toMatchmakerLastUs: UInt64 = 0
    var toCoordinatorLastUs: UInt64 = 0
    /// Bytes of this turn, not yet sent.
    var fromCoordinator: [UInt8] = []
    var fromMatchmaker: [UInt8] = []
    var coordinatorDecoder = FrameDecoder(version: ProtocolVersion.first)
    var matchmakerDecoder = FrameDecoder(version: ProtocolVersion.first)
    var handshake: MatchmakerHandshake?
    var isProven = false
    /// The next bytes that arrive lose a bit, chosen by this number.
    var corruption: (toMatchmaker: Bool, bit: UInt64)?
    /// What is under way, in the order of sending; nothing at all is the end of the stream.
    var toMatchmaker = Stream()
    var toCoordinator = Stream()

    struct Stream {
        private var pieces: [[UInt8]] = []
        private var head = 0
        private(set) var byteCount = 0

        mutating func put(_ piece: [UInt8]) {
            pieces.append(piece)
            byteCount += piece.count
        }

        mutating func take() -> [UInt8]? {
            guard head < pieces.count else { return nil }
            let piece = pieces[head]
            pieces[head] = []
            head += 1
            byteCount -= piece.count
            if head == pieces.count {
                pieces.removeAll(keepingCapacity: true)
                head = 0
            }
            return piece
        }
    }

    enum End {
        case opening
        case open
        /// Closed by its own process, which is told so soon, and hears nothing more until then.
        case closing
        case closed
    }
}

/// What can be wrong with the way between a coordinator and the matchmaker, beside its single links.
struct Path {
    var toMatchmakerBlockedUntilUs: UInt64 = 0
    var toCoordinatorBlockedUntilUs: UInt64 = 0
    var delayUntilUs: UInt64 = 0
    var delayUs: UInt64 = 0
}

/// One WebSocket of a client, as far as a world needs it.
struct ClientConnection {
    let client: Int
    /// 0 is the matchmaker.
    let server: Int
    let serverLife: UInt32
    var isOpenAtClient = true
    var isOpenAtServer = false
    /// Its server has heard of it; a connection is opened once.
    var wasOpenAtServer = false
    /// Its server has closed it, and hears nothing more on it.
    var isClosedByServer = false
    /// Bytes in flight are lost, and neither end is told.
    var isSilent = false
    var toServerLastUs: UInt64 = 0
    var toClientLastUs: UInt64 = 0
}
