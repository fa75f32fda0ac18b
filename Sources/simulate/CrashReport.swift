import Glibc
import Simulation

/// A core that traps takes the process with it: the last words say which run it was, and what happened in it last when a
/// trace was asked for.
enum CrashReport {
    /// Written before a run, read by the handler of a fatal signal only.
    nonisolated(unsafe) private static var words = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 * 1024)
    nonisolated(unsafe) private static var wordCount = 0

    static func install() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT] {
            signal(number) { number in
                // A second one, over the trace, is the end.
                signal(number, SIG_DFL)
                _ = write(STDERR_FILENO, CrashReport.words.baseAddress, CrashReport.wordCount)
                for line in Run.unfinishedTrace { Console.error("    \(line)") }
                raise(number)
            }
        }
    }

    static func running(_ commandLine: String) {
        // A release build has no words for the place.
        let hint = "with --trace 60 it says what happened last, and without -c release where it trapped"
        let text = Array("\na core has trapped in: \(commandLine)\n\(hint)\n".utf8.prefix(64 * 1024))
        for (index, byte) in text.enumerated() { words[index] = byte }
        wordCount = text.count
    }
}
