@testable import SessionProtocol

/// One frame around a kind and any body, with the right checksum: whatever is read is written as it was, and can be used.
/// The highest bit of the first byte, which is no kind's, is the flag of extensions.
func check(_ input: Span<UInt8>) {
    guard input.count > 0 else { return }
    var frame: [UInt8] = [0, 0, 0, 0, Frame.version, input[0] & 0x7F, input[0] >> 7, 0, 0, 0, 0, 0]
    frame += array(input.extracting(1..<input.count))
    put(UInt32(frame.count - 4), into: &frame, at: 0)
    put(Frame.checksum(of: frame.span, from: 4, to: frame.count), into: &frame, at: 8)

    let message: Message
    do throws(WireError) {
        let read = required(try Frame.read(frame.span, at: 0), "a whole frame is a message or an error")
        require(read.byteCount == frame.count, "a frame is taken whole")
        message = read.message
    } catch {
        require(error != .badChecksum, "the checksum is right")
        return
    }
    require(MessageKind(rawValue: input[0] & 0x7F) == message.kind, "a message is of its frame's kind")
    var again: [UInt8] = []
    Frame.append(message, to: &again)
    require(again == frame, "a message that is read is written as it was")
    require((try? Frame.read(again.span, at: 0))?.message == message, "and read again as it was")
    use(message)

    // To one who speaks version 1 the same is said without extensions.
    var plain: [UInt8] = []
    Frame.append(message, version: 1, to: &plain)
    let heard = try? Frame.read(plain.span, at: 0, version: 1)
    require(heard != nil && plain.count <= frame.count, "version 1 can say it")
    require(input[0] >> 7 == 1 || plain == frame, "without extensions both versions say the same")
}

private func put(_ value: UInt32, into bytes: inout [UInt8], at offset: Int) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
}

/// What the servers do at once with what they read.
private func use(_ message: Message) {
    switch message {
    case .assign(let assignment), .holding(_, let assignment), .journalMatched(_, let assignment):
        require((1...ProtocolLimits.playersMax).contains(assignment.players.count), "a roster has 1 to 255 players")
        require(Set(assignment.players.map(\.subject)).count == assignment.players.count, "a subject has one seat")
        for (index, player) in assignment.players.enumerated() {
            let text = assignment.resume(of: player, isRequeued: index % 2 == 0)
            require(Resume(text)?.claim.subject == player.subject, "a player's resume is readable")
        }
    case .ended(let outcome):
        require(Set(outcome.players.map(\.subject)).count == outcome.players.count, "a subject has one seat")
        for pair in outcome.failedPairs {
            require(pair.lower < pair.higher && Int(pair.higher.number) < outcome.players.count, "pairs are of players")
        }
    case .hello, .challenge, .proof, .welcome, .reject, .accepted, .refused, .state, .endedAck, .cancel, .drop, .ping,
        .pong, .drain, .inventoryEnd:
        break
    }
    shakeHands(message)
}

/// Each side's handshake takes any message at any of its points; what it answers can be sent.
private func shakeHands(_ message: Message) {
    let nonce = [UInt8](repeating: 7, count: 32)
    guard let node = try? NodeID("node") else { return }
    let hello = Hello(
        versionMin: 1, versionMax: 1, node: node, incarnation: Incarnation(1), nonce: nonce, capacity: 1,
        publicURL: "ws://localhost")
    let identity = NodeIdentity(node: node, incarnation: Incarnation(2))

    var matchmaker = MatchmakerHandshake(identity: identity, secret: [1], nonce: nonce)
    take(message) { message throws(HandshakeError) in
        if case .send(let answer) = try matchmaker.receive(message) { send(answer) }
    }
    var coordinator = CoordinatorHandshake(hello: hello, secret: [1])
    take(message) { message throws(HandshakeError) in
        if case .send(let answer) = try coordinator.receive(message) { send(answer) }
    }
    // Once more, further on.
    matchmaker = MatchmakerHandshake(identity: identity, secret: [1], nonce: nonce)
    guard case .send(let challenge)? = try? matchmaker.receive(.hello(hello)) else { return }
    coordinator = CoordinatorHandshake(hello: hello, secret: [1])
    guard (try? coordinator.receive(challenge)) != nil else { return }
    take(message) { message throws(HandshakeError) in _ = try matchmaker.receive(message) }
    take(message) { message throws(HandshakeError) in _ = try coordinator.receive(message) }
}

private func take(_ message: Message, _ receive: (Message) throws(HandshakeError) -> Void) {
    do throws(HandshakeError) {
        try receive(message)
    } catch {
        if let reject = error.reject { send(.reject(reject)) }
    }
}

private func send(_ message: Message) {
    var bytes: [UInt8] = []
    Frame.append(message, to: &bytes)
    require((try? Frame.read(bytes.span, at: 0))?.message == message, "an answer is readable")
}
