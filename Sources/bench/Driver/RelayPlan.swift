/// What the relay load sends and must get back, computed once for all workers.
///
/// A burst is `inFlight` frames, sent by one `send` and so in one segment where it fits. A player sends its next burst when
/// the current burst of every other player in its session has arrived in full; so each player has `inFlight` messages
/// under way at all times.
final class RelayPlan: Sendable {
    /// Smallest message: the 2-byte header of a binary message, its place in the burst, its sender.
    static let messageBytesMin = 4
    /// Largest burst, so that a whole burst to each member fits into a socket's buffer.
    static let burstBytesMax = 32768

    let players: Int
    let inFlight: Int
    let messageBytes: Int
    /// Length of a relayed message's frame on its way down.
    let frameBytes: Int
    /// Masked frames by player.
    let bursts: [[UInt8]]
    /// By sender, the frames of its burst as every other player must get them.
    let expected: [[UInt8]]

    init(players: Int, inFlight: Int, messageBytes: Int) {
        self.players = players
        self.inFlight = inFlight
        self.messageBytes = messageBytes
        frameBytes = ClientFrames.serverHeaderBytes(messageBytes) + messageBytes
        var bursts: [[UInt8]] = []
        var expected: [[UInt8]] = []
        for player in 0..<players {
            var up: [UInt8] = []
            var down: [UInt8] = []
            for place in 0..<inFlight {
                var message = (0..<messageBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ place &* 7 &+ player) }
                message[0] = 0
                message[1] = 255
                message[2] = UInt8(truncatingIfNeeded: place)
                message[3] = UInt8(truncatingIfNeeded: player)
                let mask = UInt32(truncatingIfNeeded: place &* players &+ player &+ 1) &* 2_654_435_761 | 1
                ClientFrames.appendClientFrame(ClientFrames.Opcode.binary, message, mask: mask, to: &up)
                message[1] = UInt8(truncatingIfNeeded: player)
                ClientFrames.appendServerFrame(ClientFrames.Opcode.binary, message, to: &down)
            }
            bursts.append(up)
            expected.append(down)
        }
        self.bursts = bursts
        self.expected = expected
    }
}
