/// What a file with a secret holds: a text, and one closing line end that does not count. No error shows any of it.
public enum SecretFile {
    public static func text(_ bytes: [UInt8]) throws(FileProblem) -> String {
        var bytes = bytes[...]
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw FileProblem(reason: "is empty") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FileProblem(reason: "is not UTF-8") }
        return text
    }
}
