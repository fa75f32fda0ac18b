import Digests
import Matchmaking
import Service
import SessionProtocol
import WebProtocol

/// Why somebody may not join.
enum AdmissionRefusal: Error, Hashable {
    /// The scene admits nobody without a token.
    case noToken
    case token(JWTError)
    /// The scene, or all of them, take no pages of this origin.
    case origin
    /// Too many joins from the address, or of the subject.
    case addressRate(waitMs: UInt64)
    case subjectRate(waitMs: UInt64)

    /// One of each kind.
    static let samples: [AdmissionRefusal] =
        [.noToken] + JWTError.allCases.map(AdmissionRefusal.token) 
        + [.origin, .addressRate(waitMs: 0), .subjectRate(waitMs: 0)]

    /// A word for logs and metrics.
    var label: String {
        switch self {
        case .noToken: "token_missing"
        case .token(let error): "token_\(error.rawValue)"
        case .origin: "origin"
        case .addressRate: "rate_address"
        case .subjectRate: "rate_subject"
        }
    }

    var clientError: ClientMessageError {
        switch self {
        case .noToken: ClientMessageError(.badToken, "this scene admits nobody without a token")
        case .token(let error): ClientMessageError(.badToken, error.explanation)
        case .origin: ClientMessageError(.originRefused, "pages of this origin may not join this scene")
        case .addressRate(let waitMs): Self.tooMany("from this address", waitMs)
        case .subjectRate(let waitMs): Self.tooMany("of this subject", waitMs)
        }
    }

    private static func tooMany(_ whose: String, _ waitMs: UInt64) -> ClientMessageError {
        ClientMessageError(.rateLimited, "too many joins \(whose); try again in \(max((waitMs + 999) / 1000, 1)) s")
    }
}

/// Who may join one scene.
struct Admission {
    /// What it asks for: another one admits others.
    struct Terms: Hashable {
        let keyDigest: [UInt8]
        let issuer: String?
        let audience: String?
        let isRequired: Bool
    }

    private let verifier: JWTVerifier
    let terms: Terms

    init(key: [UInt8], _ rule: AdmissionRule) {
        verifier = JWTVerifier(key: key, issuer: rule.issuer, audience: rule.audience)
        terms = Terms(
            keyDigest: SHA256.hash(key.span).array, issuer: rule.issuer, audience: rule.audience, isRequired: rule.isRequired)
    }

    /// Holds a join's token against the scene, the subject and the time.
    /// - Parameter hasPlace: whether this subject has waited for this scene already, as its `resume` proves. It was admitted then,
    ///   so that its token may have expired meanwhile; all else is checked as ever. Asked for a token that has expired alone.
    /// - Returns: what it says; nil when there is none and none is needed.
    func check(
        _ token: String?, _ subject: SubjectID, _ scene: SceneID, nowUnixMs: UInt64, hasPlace: () -> Bool = { false }
    ) throws(AdmissionRefusal) -> JWTClaims? {
        guard let token else {
            guard !terms.isRequired else { throw .noToken }
            return nil
        }
        let claims: JWTClaims
        do {
            claims = try verifier.verify(token, nowUnixMs: nowUnixMs, takesExpired: true)
        } catch {
            throw .token(error)
        }
        if claims.isExpired, !hasPlace() { throw .token(.expired) }
        guard let named = claims.subject, (try? SubjectID(named)) == subject else { throw .token(.subject) }
        if let scenes = claims.scenes, !scenes.contains(scene.name) { throw .token(.scene) }
        return claims
    }
}

/// Who may join which scene: those that are not here admit everyone whom the server admits.
struct Admissions {
    private var scenes: [SceneID: Admission] = [:]
    /// The scenes that say themselves which pages may join them.
    private(set) var origins: [SceneID: OriginPolicy] = [:]
    /// Of files with secrets that others may read; for the log.
    private(set) var warnings: [String] = []

    subscript(scene: SceneID) -> Admission? { scenes[scene] }

    /// Whether a scene admits the same as in other ones.
    func isSame(_ scene: SceneID, as others: Admissions) -> Bool {
        scenes[scene]?.terms == others.scenes[scene]?.terms && origins[scene] == others.origins[scene]
    }

    init() {}

    /// Reads the origins that scenes name, and the secrets of all that have one, each file once.
    /// - Parameter node: the file's scenes, of which `SceneFile.scenes` has found nothing wrong.
    init(
        _ node: ConfigurationNode?, readFile: (String) throws(FileProblem) -> [UInt8] = Program.readFile
    ) throws(ConfigurationError) {
        var keys: [String: [UInt8]] = [:]
        for element in try node?.elements(countMax: SceneFileLimits.scenesMax) ?? [] {
            try SceneFile.naming(element) { () throws(ConfigurationError) in
                guard let idNode = try element.object("id") else { return }
                let id = try SceneFile.sceneID(idNode)
                if let node = try element.object("origins") { origins[id] = try SceneFile.origins(node) }
                guard let node = try element.object("admission") else { return }
                let rule = try SceneFile.admission(node)
                let key: [UInt8]
                if let known = keys[rule.secretPath] {
                    key = known
                } else {
                    key = try Self.key(rule, readFile)
                    keys[rule.secretPath] = key
                    if let warning = SecretFile.warning(about: rule.secretPath) { warnings.append(warning) }
                }
                scenes[id] = Admission(key: key, rule)
            }
        }
    }

    /// A text of some length; one line end behind it does not count.
    private static func key(
        _ rule: AdmissionRule, _ readFile: (String) throws(FileProblem) -> [UInt8]
    ) throws(ConfigurationError) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try readFile(rule.secretPath) } catch {
            throw rule.secretFile.error("cannot read \(quoted(rule.secretPath)): \(error.reason)")
        }
        let text: String
        do { text = try SecretFile.text(bytes) } catch {
            throw rule.secretFile.error("\(quoted(rule.secretPath)) \(error.reason)")
        }
        guard text.utf8.count >= JWTVerifier.keyBytesMin else {
            throw rule.secretFile.error("\(quoted(rule.secretPath)) is shorter than \(JWTVerifier.keyBytesMin) bytes")
        }
        let bytesMax = ConfigurationLimits().secretBytesMax
        guard text.utf8.count <= bytesMax else {
            throw rule.secretFile.error("\(quoted(rule.secretPath)) is longer than \(bytesMax) bytes")
        }
        return Array(text.utf8)
    }
}
