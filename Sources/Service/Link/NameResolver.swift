import Glibc
import Reactor
import Synchronization

/// Looks a link's address up on a thread of its own, since a name server may be slow and the loop must not wait.
final class NameResolver: Sendable {
    enum Answer: Sendable {
        case pending
        case found([SocketAddress])
        case failed(ReactorError)
    }

    private let answer = Mutex(Answer.pending)

    /// Begins at once. `text` is an address as `SocketAddress` reads it, or HOST:PORT with a name.
    init(_ text: String) {
        if let address = try? SocketAddress(parsing: text) {
            answer.withLock { $0 = .found([address]) }
            return
        }
        let work = unsafe Unmanaged.passRetained(Lookup(text: text, resolver: self))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Lookup>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, unsafe work.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            unsafe work.release()
            answer.withLock { $0 = .failed(.system(operation: "pthread_create", errno: code)) }
        }
    }

    func take() -> Answer { answer.withLock { $0 } }

    private final class Lookup: Sendable {
        let text: String
        let resolver: NameResolver

        init(text: String, resolver: NameResolver) {
            self.text = text
            self.resolver = resolver
        }

        func run() {
            let found: Answer
            do {
                found = .found(try SocketAddress.resolve(text))
            } catch {
                found = .failed(error)
            }
            resolver.answer.withLock { $0 = found }
        }
    }
}
