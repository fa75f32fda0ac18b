/// One slot of the loop's table: a connection, or free for the next one.
struct Connection {
    /// Where a connection is in its life. It only moves down this list, and from `gone` to `free` with a new generation.
    enum Phase: UInt8 {
        case free
        /// A connect is under way → open, gone.
        case connecting
        /// Both ways → flushing, gone.
        case open
        /// Closing, and queued bytes still leave → lingering, gone.
        case flushing
        /// Our end has been sent; the peer's is awaited, and what it still sends is thrown away → gone.
        case lingering
        /// The descriptor is closed; the handler has not been told yet → free.
        case gone
    }

    struct Marks: OptionSet {
        var rawValue: UInt16
        /// In the list of what is to be flushed at the end of the turn.
        static var dirty: Self { Self(rawValue: 1) }
        /// The kernel would block; it will say when it takes more.
        static var blocked: Self { Self(rawValue: 2) }
        /// `send` said `.backpressure`, and `drained` has not been called since.
        static var backpressure: Self { Self(rawValue: 4) }
        static var paused: Self { Self(rawValue: 8) }
        /// The peer's end is there or the connection is broken: read on until it is met, since no further event tells of it.
        static var readToEnd: Self { Self(rawValue: 16) }
        /// In the list of what is to be read again in the next turn.
        static var readAgain: Self { Self(rawValue: 32) }
        /// The peer has sent its last byte and it was read.
        static var peerFinished: Self { Self(rawValue: 64) }
        /// `close` was called.
        static var closedHere: Self { Self(rawValue: 128) }
        /// `setBacklog` was called: a full queue is for the owner to deal with.
        static var keptWhenFull: Self { Self(rawValue: 256) }
        /// What it is sent as replaceable goes first when its queue is full.
        static var dropsReplaceable: Self { Self(rawValue: 512) }
    }

    static let noListener: Int32 = -1
    static let noDeadline = UInt64.max

    var generation: UInt32 = 1
    var descriptor: Int32 = -1
    var phase = Phase.free
    var marks: Marks = []
    /// A send failed with this; what can still be read is read first.
    var sendError: Int32 = 0
    var listener = Connection.noListener
    var outboundBytesMax: UInt32 = 0
    var outbound = OutboundBuffer()
    /// Of `outbound`, what may be dropped.
    var replaceable = ReplaceableSends()
    /// What `setDeadline` asked for.
    var userDeadline = Connection.noDeadline
    /// When connecting, flushing or lingering has taken too long.
    var phaseDeadline = Connection.noDeadline
    /// Nil only for a refused connection, of which nobody hears.
    var handler: (any ConnectionHandler)?

    /// Whether the handler may still send and be told of input.
    var isUsable: Bool {
        switch phase {
        case .connecting, .open: sendError == 0
        case .free, .flushing, .lingering, .gone: false
        }
    }
}
