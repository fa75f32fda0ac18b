import Glibc

/// What a file with a secret holds: a text, and one closing line end that does not count. No error shows any of it.
public enum SecretFile {
    /// A warning about a file that more than its owner and one group may get at; nil when there is nothing to warn of. It is no
    /// error, as it is to `ssh`: what container runtimes mount as a secret is readable by all who are in the container.
    public static func warning(about path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return warning(about: path, mode: status.st_mode)
    }

    static func warning(about path: String, mode: UInt32) -> String? {
        let all: String? =
            switch (mode & S_IROTH != 0, mode & S_IWOTH != 0) {
            case (true, true): "every user may read and write it"
            case (true, false): "every user may read it"
            case (false, true): "every user may write it"
            case (false, false): mode & S_IWGRP != 0 ? "its whole group may write it" : nil
            }
        guard let all else { return nil }
        let digits = String(mode & 0o7777, radix: 8)
        let padded = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
        return "the file \"\(printablePath(path))\" holds a secret, and has mode \(padded): \(all); chmod 600 keeps it to its owner"
    }

    public static func text(_ bytes: [UInt8]) throws(FileProblem) -> String {
        var bytes = bytes[...]
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw FileProblem(reason: "is empty") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FileProblem(reason: "is not UTF-8") }
        return text
    }
}
