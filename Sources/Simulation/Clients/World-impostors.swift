import Matchmaking
import SessionProtocol

/// Strangers who say the name of one who is away: they are given a place, since nobody else has the name, and a `resume` that
/// must not be good for more.
extension World {
    /// In a few runs alone, without touching the streams of the others.
    func mayBeImpersonated(_ client: Int) {
        guard plan.hasImpostors, misbehaves(.doubleJoin), clients[client].games % 3 == 1, clients[client].stolen == nil else { return }
        later(client, .impostor, afterMs: 0...100)
    }

    func impersonate(_ client: Int) {
        guard clients[client].stage == .away, misbehaves(.doubleJoin) else { return }
        let other = connect(client, to: 0)
        clients[client].impostor = other
        sayJoin(client, on: other, resume: nil, isItself: false)
        closeLater(other, client)
    }

    /// The owner is there by now.
    func steal(_ client: Int) {
        guard let stolen = clients[client].stolen, misbehaves(.doubleJoin) else { return }
        clients[client].stolen = nil
        let other = connect(client, to: 0)
        sayJoin(client, on: other, resume: stolen, isItself: false)
        coverage.count(.nameStolen)
        closeLater(other, client)
    }
}
