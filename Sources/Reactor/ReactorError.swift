import Glibc

/// What the outside can make fail when the loop, a listener, an address or a connection is set up.
public enum ReactorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `operation` is its name and `errno` its code.
    case system(operation: String, errno: Int32)
    /// The text is no address of any known form.
    case addressInvalid(text: String)
    /// The host part of the text has no address.
    case addressUnresolved(text: String, detail: String)
    /// Someone else listens there already (for a Unix socket: a live process answers on the path).
    case addressInUse(SocketAddress)
    /// The kernel refuses to listen there: a port that takes more rights, an address of another machine, a folder that is not there.
    case cannotListen(SocketAddress, errno: Int32)
    /// The path of a Unix socket is empty, holds a zero byte or is longer than the kernel's 107 bytes.
    case unixPathInvalid(path: String)
    /// There is something at the path of a Unix socket that is no socket; it is left alone.
    case unixPathOccupied(path: String)
    /// The loop holds `connectionsMax` connections already.
    case connectionsFull

    public var description: String {
        switch self {
        case .system(let operation, let code): "\(operation): \(Self.text(of: code))"
        case .addressInvalid(let text): "\"\(text)\" is not an address (expected host:port, [v6]:port or unix:/path)"
        case .addressUnresolved(let text, let detail): "cannot resolve \"\(text)\": \(detail)"
        case .addressInUse(let address): "\(address) is in use"
        case .cannotListen(let address, let code): "cannot listen on \(address): \(Self.text(of: code))"
        case .unixPathInvalid(let path): "\"\(path)\" cannot be the path of a Unix socket (1 to 107 bytes)"
        case .unixPathOccupied(let path): "\"\(path)\" exists and is not a socket"
        case .connectionsFull: "the limit of open connections is reached"
        }
    }

    /// The system's words for an errno code.
    public static func text(of code: Int32) -> String {
        guard let words = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: words)
    }
}
