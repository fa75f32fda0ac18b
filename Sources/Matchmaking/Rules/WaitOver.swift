import SessionProtocol

/// What a scene does for one whose time to wait is up.
public enum WaitOver: Hashable, Sendable {
    /// `ended: wait_timeout`, with the scene's completion code.
    case end
    /// The subject goes on waiting in another scene, as a newcomer there that keeps its seniority.
    case moveTo(SceneID)
}
