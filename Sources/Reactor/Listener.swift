import Glibc

/// A listening socket of a loop. Closing it leaves its connections alone.
public final class Listener {
    /// Where it listens; the port is the real one when 0 was asked for.
    public let address: SocketAddress
    public let limits: ListenerLimits
    /// Connections accepted here that are open now.
    public internal(set) var connections = 0
    /// False once `close` was called.
    public private(set) var isOpen = true

    let handler: any ConnectionHandler
    let descriptor: Int32
    let index: Int
    let token: UInt64
    /// Resting because no file or memory was left, until then.
    var pausedUntil: UInt64?
    private let unixFile: UnixSocketFile?
    private weak var loop: EventLoop?

    init(
        loop: EventLoop, opened: OpenedListener, handler: any ConnectionHandler, limits: ListenerLimits, index: Int,
        token: UInt64
    ) {
        self.loop = loop
        self.address = opened.address
        self.descriptor = opened.descriptor
        self.unixFile = opened.unixFile
        self.handler = handler
        self.limits = limits
        self.index = index
        self.token = token
    }

    deinit { closeDescriptor() }

    /// Takes no more connections; a Unix socket's file is removed.
    public func close() {
        guard isOpen else { return }
        closeDescriptor()
        loop?.forget(self)
    }

    private func closeDescriptor() {
        guard isOpen else { return }
        isOpen = false
        unixFile?.remove()
        Socket.close(descriptor)
    }
}

/// A bound and listening descriptor.
struct OpenedListener {
    let descriptor: Int32
    let address: SocketAddress
    let unixFile: UnixSocketFile?

    init(at wanted: SocketAddress, limits: ListenerLimits) throws(ReactorError) {
        if case .unix(let path) = wanted {
            guard SocketAddress.isUsable(path: path) else { throw .unixPathInvalid(path: path) }
            try UnixSocketFile.removeStale(path)
        }
        let descriptor = try Socket.open(family: wanted.family)
        do throws(ReactorError) {
            switch wanted {
            case .ipv4, .ipv6:
                Socket.setOption(descriptor, level: SOL_SOCKET, SO_REUSEADDR, to: 1)
                // Accepted sockets inherit it, which saves a system call each.
                Socket.setNoDelay(descriptor)
                if case .ipv6 = wanted {
                    // [::] serves IPv4 as well, whatever the system's default is.
                    Socket.setOption(descriptor, level: Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 0)
                }
            case .unix:
                // Linux gives the file the permissions of the socket: set before bind, there is no moment at which others could connect.
                _ = fchmod(descriptor, limits.unixPermissions)
            }
            let code = Socket.bind(descriptor, to: wanted)
            guard code == 0 else { throw code == EADDRINUSE ? .addressInUse(wanted) : .cannotListen(wanted, errno: code) }
            switch wanted {
            case .ipv4, .ipv6:
                unixFile = nil
                address = Socket.localAddress(descriptor).map { wanted.withPort($0.port ?? 0) } ?? wanted
            case .unix(let path):
                // The process's umask may have taken away what was asked for.
                _ = unsafe chmod(path, limits.unixPermissions)
                unixFile = UnixSocketFile(path: path)
                address = wanted
            }
            guard Glibc.listen(descriptor, limits.backlog) == 0 else {
                let code = errno
                unixFile?.remove()
                throw code == EADDRINUSE ? .addressInUse(wanted) : .cannotListen(wanted, errno: code)
            }
        } catch {
            Socket.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }
}

/// The file of a Unix socket that we bound.
struct UnixSocketFile {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// Nil when somebody removed it already.
    init?(path: String) {
        guard let status = Self.status(path) else { return nil }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    /// Removes the file, unless another process has put its own there since.
    func remove() {
        guard let status = Self.status(path), status.st_dev == device, status.st_ino == inode else { return }
        _ = unsafe unlink(path)
    }

    /// Removes a socket file on which nobody listens. Throws `addressInUse` when somebody does, and `unixPathOccupied` when it
    /// is no socket.
    static func removeStale(_ path: String) throws(ReactorError) {
        guard let status = status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .unixPathOccupied(path: path) }
        let probe = try Socket.open(family: AF_UNIX)
        defer { Socket.close(probe) }
        switch Socket.connect(probe, to: .unix(path: path)) {
        case ECONNREFUSED: _ = unsafe unlink(path)
        case ENOENT: break
        // Connected, its backlog is full, or it is not ours to touch: in each case somebody has it.
        default: throw .addressInUse(.unix(path: path))
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }
}
