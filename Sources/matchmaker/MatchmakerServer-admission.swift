import Matchmaking
import Reactor
import Service
import SessionProtocol
import WebProtocol

// Who may join.
extension MatchmakerServer {
    /// Lets a join through, with what its token says of it, or refuses it. Scenes that do not exist are for the core to refuse,
    /// as is a second join on one connection.
    func admit(
        _ join: inout JoinRequest, on connection: ConnectionHandle, token: String?, attributes: [UInt8]?
    ) throws(ClientMessageError) {
        guard !core.hasJoined(connection) else { return }
        let claims: JWTClaims?
        do throws(AdmissionRefusal) {
            claims = try checkToken(token, join)
        } catch {
            admissionMetrics.count(error)
            logger.warning(
                "join_refused",
                [
                    "why": .string(error.label), "scene": .string(join.scene), "subject": .string(join.subject.name),
                    "connection": .string("\(connection.number)"),
                ])
            throw error.clientError
        }
        join.isProven = claims != nil
        let reader = AttributeReader()
        if let attributes { join.attributes = try reader.read(attributes) }
        if let signed = claims?.attributes {
            join.attributes = try reader.merge(join.attributes, signed: try reader.read(signed))
        }
    }

    private func checkToken(_ token: String?, _ join: JoinRequest) throws(AdmissionRefusal) -> JWTClaims? {
        guard let scene = try? SceneID(join.scene), let admission = admissions[scene] else { return nil }
        return try admission.check(token, join.subject, scene, nowUnixMs: Clock.unixMs())
    }
}
