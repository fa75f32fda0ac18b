import SessionProtocol

/// Names that a test's author knows to be good.
extension SubjectID {
    public static func of(_ name: String) -> SubjectID { good(name, SubjectID.init) }
}

extension SceneID {
    public static func of(_ name: String) -> SceneID { good(name, SceneID.init) }
}

extension NodeID {
    public static func of(_ name: String) -> NodeID { good(name, NodeID.init) }
}

private func good<Name>(_ text: String, _ make: (String) throws -> Name) -> Name {
    do { return try make(text) } catch { preconditionFailure("\(text) is no name: \(error)") }
}
