import Matchmaking
import SessionProtocol

extension SceneFile {
    /// What a matchmaker without a file serves: for a first look, so names are trusted.
    static let builtIn: [Scene] = [
        builtIn("duo", 2, validates: true, .requeue), builtIn("duo-relay", 2, validates: false, .relay),
        builtIn("quartet", 4, validates: true, .relay), builtIn("quartet-relay", 4, validates: false, .relay),
    ].compactMap { $0 }

    private static func builtIn(
        _ name: String, _ groupSize: Int, validates: Bool, _ onFailure: ValidationFailureAction
    ) -> Scene? {
        guard let id = try? SceneID(name) else { return nil }
        let settings = SessionSettings(validatesPeers: validates, onValidationFailure: onFailure)
        return Scene(id: id, groupSize: groupSize, settings: settings, identity: .open)
    }
}
