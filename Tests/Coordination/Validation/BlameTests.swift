import SessionProtocol
import Testing

@testable import Coordination

/// Who is to blame when pairs cannot reach each other.
@Suite struct BlameTests {
    /// Reports as a table: row about column, `v` validated, `f` failed, `.` nothing. One attempt, and then the deadline.
    private func outcome(_ rows: [String], _ action: ValidationFailureAction = .requeue) -> String {
        var line = ""
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: rows.count, onFailure: action, attempts: Stage.once))
            for (player, row) in rows.enumerated() {
                for (peer, word) in row.enumerated() where peer != player {
                    let peer = PlayerIndex(UInt8(peer))
                    switch word {
                    case "v": stage.ask(UInt64(player) + 1, .validated(peer: peer, rttMs: nil))
                    case "f": stage.ask(UInt64(player) + 1, .validationFailed(peer: peer, detail: ""))
                    default: break
                    }
                }
            }
            stage.passLinked(15_000)
            line = stage.core.outbox[Stage.session(1)]?.outcome.line ?? "\(stage.core.count(in: .playing)) plays"
        }
        return line.replacing("ended s1/1 ", with: "").replacing("in validating ", with: "")
    }

    @Test("two who accuse each other prove nothing, nor does one who accuses")
    func two() {
        #expect(outcome([".f", "f."]) == #"validation_failed requeued [0, 1] failed ["0-1"]"#)
        #expect(outcome([".f", "v."]) == #"validation_failed requeued [0, 1] failed ["0-1"]"#)
        #expect(outcome([".v", "f."]) == #"validation_failed requeued [0, 1] failed ["0-1"]"#)
    }

    @Test("one who says nothing is to blame where the other speaks; both are where neither does")
    func silent() {
        #expect(outcome([".f", ".."]) == "validation_timeout blamed [1] requeued [0]")
        #expect(outcome([".v", ".."]) == "validation_timeout blamed [1] requeued [0]")
        #expect(outcome(["..", ".."]) == "validation_timeout blamed [0, 1]")
        #expect(outcome([".f", ".."], .end) == "validation_timeout blamed [1]")
    }

    @Test("one who reached nobody, where the others reached each other, is to blame whatever is said")
    func alone() {
        #expect(outcome([".vf", "v.f", "ff."]) == #"validation_failed blamed [2] requeued [0, 1] failed ["0-2", "1-2"]"#)
        #expect(outcome([".vf", "v.f", "vv."]) == #"validation_failed blamed [2] requeued [0, 1] failed ["0-2", "1-2"]"#)
        #expect(outcome([".ff", "f.v", "fv."], .end) == #"validation_failed blamed [0] failed ["0-1", "0-2"]"#)
    }

    @Test("one who accuses all is not believed: those who are said to be unreachable reached each other")
    func accuser() {
        #expect(outcome([".ff", "v.v", "vv."]) == #"validation_failed blamed [0] requeued [1, 2] failed ["0-1", "0-2"]"#)
    }

    @Test("where nobody reached anybody, or halves cannot reach each other, nobody is to blame")
    func split() {
        #expect(outcome([".ff", "f.f", "ff."]) == #"validation_failed requeued [0, 1, 2] failed ["0-1", "0-2", "1-2"]"#)
        #expect(
            outcome([".vff", "v.ff", "ff.v", "ffv."])
                == #"validation_failed requeued [0, 1, 2, 3] failed ["0-2", "0-3", "1-2", "1-3"]"#)
        #expect(outcome([".fv", "f.v", "vv."]) == #"validation_failed requeued [0, 1, 2] failed ["0-1"]"#)
    }

    @Test("one who speaks of others is not to blame for having nothing to say of one who never speaks")
    func mute() {
        #expect(outcome([".v.", "v..", "..."]) == "validation_timeout blamed [2] requeued [0, 1]")
        #expect(outcome([".v..", "v...", "....", "...."]) == "validation_timeout blamed [2, 3] requeued [0, 1]")
    }

    @Test("two who both speak of others and not of each other have failed, and neither is to blame")
    func mutual() {
        #expect(outcome([".vv", "v..", "v.."]) == #"validation_failed requeued [0, 1, 2] failed ["1-2"]"#)
    }

    @Test("one who failed with one that was silent is not counted as having reached nobody")
    func silentAndFailed() {
        #expect(outcome([".fv", "f.v", "vv."]) == #"validation_failed requeued [0, 1, 2] failed ["0-1"]"#)
        #expect(outcome([".f.v", "f.ff", "...v", "vfv."]) == #"validation_timeout blamed [2] requeued [0, 1, 3] failed ["0-1", "0-2", "1-3"]"#)
    }

    @Test("where play goes on by relay nobody is blamed")
    func relay() {
        #expect(outcome([".vf", "v.f", "..."], .relay) == "1 plays")
    }

    @Test("one who has said how an attempt went, and knows of no other, is not silent")
    func spokeOnce() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.ask(1, .validated(peer: PlayerIndex(1), rttMs: nil))
            stage.passLinked(15_000)
            #expect(
                stage.core.outbox[Stage.session(1)]?.outcome.line
                    == "ended s1/1 validation_timeout in validating blamed [1] requeued [0]")
        }
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.ask(1, .validationFailed(peer: PlayerIndex(1), detail: ""))
            stage.ask(2, .validationFailed(peer: PlayerIndex(0), detail: ""))
            stage.passLinked(15_000)
            #expect(
                stage.core.outbox[Stage.session(1)]?.outcome.line
                    == "ended s1/1 validation_failed in validating requeued [0, 1] failed [\"0-1\"]")
        }
    }

    @Test("nothing is judged before all pairs are decided")
    func patience() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, attempts: Stage.once))
            stage.ask(1, .validationFailed(peer: PlayerIndex(2), detail: ""))
            #expect(stage.ask(3, .validationFailed(peer: PlayerIndex(0), detail: "")) == [])
            stage.ask(1, .validated(peer: PlayerIndex(1), rttMs: nil))
            stage.ask(2, .validated(peer: PlayerIndex(0), rttMs: nil))
            stage.ask(3, .validationFailed(peer: PlayerIndex(1), detail: ""))
            #expect(stage.ask(2, .validationFailed(peer: PlayerIndex(2), detail: "")).count == 2)
        }
    }
}
