import Foundation
import SessionProtocol
import Testing

/// `proto/exit-paths.md` is written by hand down to a mark, and from the table of exit paths below it.
///
///     GREENROOM_WRITE_EXIT_PATHS=1 swift test --filter LifecycleExitPageTests
///
/// writes that part anew.
@Suite struct LifecycleExitPageTests {
    static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "proto/exit-paths.md")
    static let mark = "<!-- Written from the source from here on: see Tests/SessionProtocol/LifecycleExitPageTests.swift. -->\n"

    @Test("the page of exit paths says what the source does")
    func page() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let mark = try #require(text.range(of: Self.mark))
        if ProcessInfo.processInfo.environment["GREENROOM_WRITE_EXIT_PATHS"] != nil {
            try (text[..<mark.upperBound] + ExitPage.text).write(to: Self.page, atomically: true, encoding: .utf8)
            return
        }
        let lines = text[mark.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
        let expected = ExitPage.text.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, other) in zip(lines, expected) where line != other {
            Issue.record("the page says\n\(line)\nand the source\n\(other)")
            return
        }
        #expect(lines.count == expected.count)
    }

    @Test("the page explains every word that its tables use")
    func words() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let mark = try #require(text.range(of: Self.mark))
        let byHand = text[..<mark.lowerBound]
        for cause in ExitCause.allCases {
            for state in SessionState.allCases {
                guard let ending = cause.path(in: state).ending else { continue }
                for word in [
                    ending.concernedHear.rawValue, ending.othersHear.rawValue, ending.matchmakerForgets.rawValue,
                    ending.coordinatorForgets.rawValue, ending.decider.rawValue,
                ] where word != "nothing" {
                    #expect(byHand.contains("| \(word) |"), "\(word)")
                }
            }
        }
    }

    @Test("the table keeps its own rules: who may decide what, and who goes back in the queue")
    func rules() {
        for cause in ExitCause.allCases {
            for state in SessionState.allCases {
                let path = cause.path(in: state)
                switch path {
                case .ends(let ending):
                    #expect(state != .ended, "nothing ends twice: \(cause)")
                    #expect(ending.endedIn == state || ending.endedIn == .matched && cause == .bothRestarted)
                    #expect(state != .waiting || ending.decider == .matchmaker, "rooms are the matchmaker's: \(cause)")
                    let isByMatchmaker = state == .matched || ending.reason == .coordinatorLost || state == .waiting
                    #expect(ending.decider == .coordinator || isByMatchmaker, "the owner alone decides: \(cause) in \(state)")
                    #expect(!ending.isPresumed || ending.decider == .matchmaker && ending.reason == .coordinatorLost)
                    #expect(ending.requeue == .nobody || ending.endedIn == .matched || ending.endedIn == .validating)
                    #expect(ending.requeue == .blameless || ending.othersHear != .endedRequeued)
                    #expect(ending.blame == .concerned || ending.concernedHear == .nothing)
                case .goesOn, .vanishes: #expect(state != .ended, "\(cause)")
                case .isOver: #expect(state == .ended, "\(cause)")
                case .impossible: break
                }
            }
        }
    }

    @Test("every reason to end is some cause's")
    func reasons() {
        var reasons: Set<EndReason> = []
        for cause in ExitCause.allCases {
            for state in SessionState.allCases {
                if let ending = cause.path(in: state).ending { reasons.insert(ending.reason) }
            }
        }
        #expect(Set(EndReason.allCases).subtracting(reasons) == [])
    }

    @Test("causes have names of their own, and a cancel for any reason has a path in every state that a coordinator knows")
    func names() {
        #expect(Set(ExitCause.allCases.map(\.description)).count == ExitCause.allCases.count)
        for reason in EndReason.allCases {
            for state in [SessionState.matched, .validating, .playing] {
                let ending = ExitCause(cancelledFor: reason, in: state).path(in: state).ending
                #expect(ending != nil && ending?.decider != .matchmaker, "\(reason) in \(state)")
            }
        }
        #expect(ExitCause(cancelledFor: .playerLeft, in: .playing) == .leftAtMatchmaker)
        #expect(ExitCause(cancelledFor: .playerDisconnected, in: .playing) == .cancelled)
    }
}
