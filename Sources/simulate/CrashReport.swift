import Glibc

/// A core that traps takes the process with it: the last words say which run it was.
enum CrashReport {
    /// Written before a run, read by the handler of a fatal signal only.
    nonisolated(unsafe) private static var words = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 * 1024)
    nonisolated(unsafe) private static var wordCount = 0

    static func install() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT] {
            signal(number) { number in
                _ = write(STDERR_FILENO, CrashReport.words.baseAddress, CrashReport.wordCount)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    static func running(_ commandLine: String) {
        let text = Array("\na core has trapped in: \(commandLine)\n".utf8.prefix(64 * 1024))
        for (index, byte) in text.enumerated() { words[index] = byte }
        wordCount = text.count
    }
}
