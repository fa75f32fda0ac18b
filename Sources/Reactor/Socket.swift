import CLinux
import Glibc

/// What a system call on a non-blocking socket came to.
enum IOResult: Equatable {
    case moved(Int)
    case wouldBlock
    /// The peer has sent its last byte.
    case ended
    case failed(Int32)
}

/// The system calls on stream sockets, by file descriptor. An interrupted call is repeated here.
enum Socket {
    private static let streamFlags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    static func open(family: Int32) throws(ReactorError) -> Int32 {
        let descriptor = socket(family, streamFlags, 0)
        guard descriptor >= 0 else { throw .system(operation: "socket", errno: errno) }
        return descriptor
    }

    static func close(_ descriptor: Int32) {
        // Linux frees the descriptor even when close is interrupted, so it is never repeated.
        _ = Glibc.close(descriptor)
    }

    @discardableResult
    static func setOption(_ descriptor: Int32, level: Int32, _ name: Int32, to value: Int32) -> Bool {
        var value = value
        return unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    static func setNoDelay(_ descriptor: Int32) {
        setOption(descriptor, level: Int32(IPPROTO_TCP), TCP_NODELAY, to: 1)
    }

    /// Closing now drops what is queued and tells the peer by a reset.
    static func setResetOnClose(_ descriptor: Int32) {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// The error that is pending on the socket, which this clears; 0 for none.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else { return errno }
        return value
    }

    /// 0, or the errno code; EINPROGRESS is a connect under way.
    static func connect(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        let result = unsafe address.withSystemAddress { unsafe Glibc.connect(descriptor, $0, $1) }
        if result == 0 { return 0 }
        // An interrupted connect goes on by itself, like one under way.
        return errno == EINTR ? EINPROGRESS : errno
    }

    /// 0, or the errno code.
    static func bind(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        unsafe address.withSystemAddress { unsafe Glibc.bind(descriptor, $0, $1) } == 0 ? 0 : errno
    }

    static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        unsafe SocketAddress.filled { unsafe getsockname(descriptor, $0, $1) }.address
    }

    static func peerAddress(_ descriptor: Int32) -> SocketAddress? {
        unsafe SocketAddress.filled { unsafe getpeername(descriptor, $0, $1) }.address
    }

    /// Takes one connection from the backlog: `moved` holds its descriptor.
    static func accept(_ listener: Int32) -> (result: IOResult, peer: SocketAddress?) {
        while true {
            let (descriptor, peer) = unsafe SocketAddress.filled {
                unsafe accept4(listener, $0, $1, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
            }
            if descriptor >= 0 { return (.moved(Int(descriptor)), peer) }
            let code = errno
            if code == EINTR { continue }
            return (code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code), nil)
        }
    }

    /// Sends without raising SIGPIPE.
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> IOResult {
        while true {
            let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
        }
    }

    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        while true {
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .ended }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
        }
    }
}
