/// Deadlines that pass.
extension ExitRow {
    static let waitOver = ExitRow(
        "The last one in a waiting room has waited for as long as its scene allows. (When others wait there too, it hears "
            + "the same, and the room goes on.)",
        only: .waiting, .roomEnds(.waitTimeout), elsewhere: "the time in a room is over with the match")

    static let notConfirmed = ExitRow(
        "A group is asked whether all are still there, and nobody says so in time. (When some do, those who do not hear the "
            + "same, and the room goes on with the others.)",
        only: .waiting, .roomEnds(.notConfirmed), elsewhere: "who has been matched is not asked")

    static let noShow = ExitRow(
        "The deadline of entering passes, and some or all have never entered: a player dropped between `matched` and "
            + "`enter`, say.",
        only: .matched, .coordinatorEnds(.noShow, in: .matched), elsewhere: "everyone has entered by then")

    static let neverTogether = ExitRow(
        "All have entered, or reported, but never were there together: the deadline of entering or of validation has passed, "
            + "and so has the grace behind it.",
        waiting: .roomOnly,
        matched: .coordinatorEnds(.playerDisconnected, in: .matched),
        validating: .coordinatorEnds(.playerDisconnected, in: .validating),
        playing: .impossible("play has no such deadline"), ended: .gone)

    static let barrierOver = ExitRow(
        "A barrier is not reached by all in time, or not all are ready for the next episode.", only: .playing, .coordinatorEnds(.barrierTimeout, in: .playing, concernedHear: .ended),
        elsewhere: "barriers are for play; before it a coordinator answers `ready` with `wrong_state`, a waiting room with `unknown_type`")

    static let timeLimit = ExitRow(
        "The game lasts too long.", only: .playing, .coordinatorEnds(.timeLimit, in: .playing, blame: .nobody),
        elsewhere: "the time limit counts from the beginning of play")
}

/// Validation.
extension ExitRow {
    static let pairFailed = ExitRow(
        "All pairs are decided, and both of a pair have reported that attempt after attempt one of them at least cannot reach the "
            + "other; the scene says `requeue`. Who says so first proves nothing.",
        only: .validating, .coordinatorEnds(.validationFailed, in: .validating, blame: .nobody),
        elsewhere: notValidating, ended: .quiet)

    static let pairFailedFinally = ExitRow(
        "The same; the scene says `end`.", only: .validating,
        .coordinatorEnds(.validationFailed, in: .validating, blame: .nobody, requeue: .nobody),
        elsewhere: notValidating, ended: .quiet)

    static let unreachable = ExitRow(
        "The same, and a player has failed with all others, each of whom has reached somebody else; the scene says `requeue`.",
        only: .validating, .coordinatorEnds(.validationFailed, in: .validating, concernedHear: .ended),
        elsewhere: notValidating, ended: .quiet)

    static let unreachableFinally = ExitRow(
        "The same; the scene says `end`.", only: .validating,
        .coordinatorEnds(.validationFailed, in: .validating, requeue: .nobody, concernedHear: .ended),
        elsewhere: notValidating, ended: .quiet)

    static let pairFailedRelayed = ExitRow(
        "A pair has failed in such a way; the scene says `relay`.", only: .validating,
        .goesOn("When all pairs are decided, play begins over the relay."), elsewhere: notValidating, ended: .quiet)

    static let silent = ExitRow(
        "The last attempt of a pair is over, or the deadline of validation passes, and players who are there have not reported; "
            + "the scene says `requeue`.",
        only: .validating, .coordinatorEnds(.validationTimeout, in: .validating, concernedHear: .ended),
        elsewhere: notValidating)

    static let silentFinally = ExitRow(
        "The same; the scene says `end`.", only: .validating,
        .coordinatorEnds(.validationTimeout, in: .validating, requeue: .nobody, concernedHear: .ended),
        elsewhere: notValidating)

    static let silentRelayed = ExitRow(
        "The same; the scene says `relay`.", only: .validating, .goesOn("Play begins over the relay."),
        elsewhere: notValidating)

    static let pairLost = ExitRow(
        "Two players who are both there have lost each other: `peerLost`.",
        waiting: .impossible("nobody is connected to anybody"), matched: .impossible("nobody is connected to anybody"),
        validating: .goesOn("The pair is connected anew, as if it had never been."),
        playing: .goesOn(
            "The pair is connected anew; when that fails, all play on over the relay. Where play goes over the relay from the "
                + "beginning it is answered `wrong_state`."),
        ended: .quiet)

    private static let notValidating = "reports are for validation, and for `pair_lost` where players play directly; elsewhere "
        + "a coordinator answers `wrong_state`, a waiting room `unknown_type`"
}

