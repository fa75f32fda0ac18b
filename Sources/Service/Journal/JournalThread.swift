import CLinux
import Glibc
import Reactor

/// The thread on which a journal is written.
@safe final class JournalThread {
    private var thread: pthread_t?

    /// - Parameter writer: nobody else may touch it from now on.
    init(_ writer: JournalWriter, _ mailbox: JournalMailbox) throws(ReactorError) {
        let work = Work(writer, mailbox)
        let retained = unsafe Unmanaged.passRetained(work)
        // Signals belong to the loop.
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            unsafe retained.release()
            throw .system(operation: "pthread_create", errno: code)
        }
        self.thread = thread
    }

    deinit {
        if let thread { pthread_detach(thread) }
    }

    /// Waits until the writer has ended.
    func join() {
        guard let thread else { return }
        pthread_join(thread, nil)
        self.thread = nil
    }

    private final class Work {
        let writer: JournalWriter
        let mailbox: JournalMailbox

        init(_ writer: JournalWriter, _ mailbox: JournalMailbox) { (self.writer, self.mailbox) = (writer, mailbox) }

        func run() {
            while true {
                switch writer.turn(nowMs: Clock.bootMs()) {
                case .again: break
                case .sleep(let ms): mailbox.waitForOrders(ms: ms)
                case .ended: return
                }
            }
        }
    }
}
