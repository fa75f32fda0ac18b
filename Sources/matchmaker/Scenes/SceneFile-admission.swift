import Service

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
