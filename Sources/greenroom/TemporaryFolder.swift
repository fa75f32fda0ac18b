import Glibc

/// A folder that only this user can enter, for the link's socket.
struct TemporaryFolder {
    let path: String

    init?(prefix: String) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() {
        unlink(path + "/link.sock")
        rmdir(path)
    }
}
