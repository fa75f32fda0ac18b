import SessionProtocol
import WebProtocol

extension JSONWriter {
    /// How a session ended, as members of the object that is being written.
    public mutating func write(_ outcome: Outcome) {
        member("session", outcome.session.description)
        member("scene", outcome.scene.name)
        member("state", "ended")
        member("reason", outcome.reason.description)
        member("endedIn", outcome.endedIn.description)
        if outcome.isPresumed { member("presumed", true) }
        key("players")
        array { json in
            for (index, player) in outcome.players.enumerated() {
                json.object { json in
                    json.member("player", index)
                    json.member("subject", player.subject.name)
                    json.member("blamed", player.isBlamed)
                    json.member("requeued", player.isRequeued)
                    guard let loss = PlayerIndex(exactly: index).flatMap({ outcome.extensions[lossOf: $0] }) else { return }
                    json.member("lost", loss.reason.description)
                    json.member("text", ifPresent: loss.text.isEmpty ? nil : loss.text)
                }
            }
        }
    }
}
