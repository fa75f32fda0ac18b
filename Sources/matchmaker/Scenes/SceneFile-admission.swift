import Service
import WebProtocol

/// Who may join a scene, as its file says it. The secret stands in a file of its own.
struct AdmissionRule {
    let secretFile: ConfigurationNode
    let secretPath: String
    let issuer: String?
    let audience: String?
    /// Nobody joins without a token.
    let isRequired: Bool

    /// Whoever signs with one secret in one name is one authority; see `Scene.authority`.
    var authority: String { issuer.map { "\(secretPath) \($0)" } ?? secretPath }
}

extension SceneFile {
    /// The pages that may join one scene. An empty list would be nobody, or everybody: it is neither.
    static func origins(_ node: ConfigurationNode) throws(ConfigurationError) -> OriginPolicy {
        let elements = try node.elements(countMax: SceneFileLimits.originsMax)
        if elements.isEmpty { throw node.error("at least one origin is needed; without the key the server's own list counts") }
        var texts: [String] = []
        for element in elements {
            let text = try element.text()
            guard (try? OriginPolicy([text])) != nil else {
                throw element.error("\(quoted(text)) is neither SCHEME://HOST[:PORT] nor null")
            }
            texts.append(text)
        }
        do { return try OriginPolicy(texts) } catch { throw node.error("\(quoted(error.text)) is no origin") }
    }

    static func admission(_ node: ConfigurationNode) throws(ConfigurationError) -> AdmissionRule {
        let object = try node.object(.admission)
        let secretFile = try object.required("jwtSecretFile")
        return AdmissionRule(
            secretFile: secretFile, secretPath: try secretFile.text(),
            issuer: try object["issuer"]?.text(bytesMax: SceneFileLimits.tokenNameBytesMax),
            audience: try object["audience"]?.text(bytesMax: SceneFileLimits.tokenNameBytesMax),
            isRequired: try object["required"]?.boolean() ?? true)
    }
}
