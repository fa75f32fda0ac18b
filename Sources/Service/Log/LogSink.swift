import Glibc

/// The end of a log that belongs to the operating system: takes bytes as long as that cannot block.
///
/// stderr may be shared with other processes, so it is never made non-blocking itself: a pipe or a terminal is opened
/// anew (proc(5), `/proc/self/fd`), which gives a description of our own; where that fails, poll(2) is asked before
/// every write of at most one pipe buffer.
struct LogSink: ~Copyable {
    private enum Kind {
        /// A file or a device: writes do not wait for a reader.
        case file
        /// A pipe or a terminal.
        case stream
        case socket
    }

    /// What one attempt has done.
    enum Progress: Equatable {
        case wrote(Int)
        /// Nobody reads for the moment.
        case wouldBlock
        /// Nobody will ever read.
        case closed
    }

    /// PIPE_BUF of Linux (pipe(7)): writes of at most this many bytes are not mixed with those of others.
    static let pieceBytesMax = 4096

    private let descriptor: Int32
    private let kind: Kind
    private let isOwned: Bool

    /// Whether a person reads along.
    let isTerminal: Bool

    init(descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        var status = stat()
        let known = unsafe fstat(descriptor, &status) == 0
        switch status.st_mode & S_IFMT {
        case S_IFSOCK where known: kind = .socket
        case S_IFIFO where known: kind = .stream
        case S_IFCHR where known && isTerminal: kind = .stream
        default: kind = .file
        }
        var own: Int32 = -1
        if case .stream = kind {
            own = unsafe open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        }
        isOwned = own >= 0
        self.descriptor = own >= 0 ? own : descriptor
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// The most bytes that one write should carry; a piece should end with a line.
    var pieceBytesMax: Int {
        switch kind {
        case .file: .max
        case .stream, .socket: Self.pieceBytesMax
        }
    }

    func write(_ bytes: ArraySlice<UInt8>) -> Progress {
        while true {
            let count = unsafe bytes.withUnsafeBytes { unsafe attempt($0) }
            if count >= 0 { return .wrote(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOSPC, EDQUOT, ENOBUFS: return .wouldBlock
            default: return .closed
            }
        }
    }

    private func attempt(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch kind {
        case .file:
            return unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        case .socket:
            return unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        case .stream:
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&request, 1, 0) == 1 else {
                errno = EAGAIN
                return -1
            }
            // Nobody holds the reading end: a write would raise SIGPIPE.
            if request.revents & Int16(POLLERR | POLLNVAL) != 0 {
                errno = EPIPE
                return -1
            }
            return unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        }
    }
}
