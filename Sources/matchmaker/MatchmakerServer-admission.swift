import Matchmaking
import Reactor
import Service
import SessionProtocol
import WebProtocol

// Who may join.
extension MatchmakerServer {
    /// Lets a join through, with what its token says of it, or refuses it. Scenes that do not exist are for the core to refuse,
    /// as is a second join on one connection, which counts for how often its address and its first subject join.
    func admit(
        _ join: inout JoinRequest, on connection: ConnectionHandle, token: String?, attributes: [UInt8]?
    ) throws(ClientMessageError) {
        let joined = core.subject(on: connection)
        let claims: JWTClaims?
        do throws(AdmissionRefusal) {
            // The cheapest first: to hash a token costs more than to look an address up.
            if joined == nil { try checkOrigin(of: connection, join) }
            if let client = web.client(of: connection.id) { try rates.take(AddressKey(client), nowMs: loop.now) }
            if let joined { return try rates.take(joined, .said, nowMs: loop.now) }
            claims = try checkToken(token, join)
            let proof: SubjectProof = claims != nil ? .token : core.hasPlace(join, nowUnixMs: Clock.unixMs()) ? .place : .said
            try rates.take(join.subject, proof, nowMs: loop.now)
        } catch {
            admissionMetrics.count(error)
            logger.warning(
                "join_refused",
                [
                    "why": .string(error.label), "scene": .string(join.scene), "subject": .string(join.subject.name),
                    "client": .optional(web.client(of: connection.id)?.host),
                ])
            throw error.clientError
        }
        // With one that has expired it is the `resume` that proves who joins.
        join.isProven = claims?.isExpired == false
        let reader = AttributeReader()
        if let attributes { join.attributes = try reader.read(attributes) }
        if let signed = claims?.attributes {
            join.attributes = try reader.merge(join.attributes, signed: try reader.read(signed))
        }
    }

    /// Whether the scene puts people together by how far they are from each other.
    func needsRoundTrips(_ scene: String) -> Bool {
        guard let id = try? SceneID(scene), let index = sceneIndices[id] else { return false }
        return scenes[index].rules.latency != nil
    }

    /// The scene's own list in place of the server's.
    private func checkOrigin(of connection: ConnectionHandle, _ join: JoinRequest) throws(AdmissionRefusal) {
        guard !admissions.origins.isEmpty else { return }
        let own = (try? SceneID(join.scene)).flatMap { admissions.origins[$0] }
        guard (own ?? settings.web.access.origins).admits(web.origin(of: connection.id)) else { throw .origin }
    }

    private func checkToken(_ token: String?, _ join: JoinRequest) throws(AdmissionRefusal) -> JWTClaims? {
        guard let scene = try? SceneID(join.scene), let admission = admissions[scene] else { return nil }
        return try admission.check(token, join.subject, scene, nowUnixMs: Clock.unixMs()) {
            core.hasPlace(join, nowUnixMs: Clock.unixMs())
        }
    }
}
