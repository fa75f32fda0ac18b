/// What an administrator's request is about, as its path says; README, "Administration".
public enum AdministrationPath: Equatable, Sendable {
    /// `/v1/sessions/{id}`
    case session(String)
    /// `/v1/sessions/{id}/cancel`
    case cancel(String)
    /// `/v1/sessions/{id}/players/{i}/exclude`
    case exclude(String, player: Int)
    /// `/v1/sessions/{id}/players/{i}/seat`
    case seat(String, player: Int)

    /// The beginning of all of them.
    public static let prefix = "/v1/sessions/"

    /// Nil for any other path.
    public init?(_ path: String) {
        guard path.hasPrefix(Self.prefix) else { return nil }
        let parts = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard let session = parts.first, !session.isEmpty else { return nil }
        switch parts.count {
        case 1: self = .session(String(session))
        case 2 where parts[1] == "cancel": self = .cancel(String(session))
        case 4 where parts[1] == "players":
            guard let player = Self.player(parts[2]) else { return nil }
            switch parts[3] {
            case "exclude": self = .exclude(String(session), player: player)
            case "seat": self = .seat(String(session), player: player)
            default: return nil
            }
        default: return nil
        }
    }

    /// 0 to 254, in the one way to write it.
    private static func player(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy(HTTPCharacters.isDigit), let player = Int(text),
            player <= 254, String(player) == text
        else { return nil }
        return player
    }
}
