/// What players do.
extension ExitRow {
    static let completed = ExitRow(
        "All players have said `finish`.", only: .playing,
        .coordinatorEnds(.completed, in: .playing, blame: .nobody),
        elsewhere: "`finish` is for play; before it a coordinator answers `wrong_state`, a waiting room `unknown_type`", ended: .quiet)

    static let left = ExitRow(
        "A player says `leave`.",
        waiting: .goesOn(
            "The leaver hears `ended` as `player_left`; the room goes on, and the others hear the new count."),
        matched: .coordinatorEnds(.playerLeft, in: .matched, concernedHear: .ended),
        validating: .coordinatorEnds(.playerLeft, in: .validating, concernedHear: .ended),
        playing: .coordinatorEnds(.playerLeft, in: .playing, concernedHear: .ended), ended: .quiet)

    static let lastLeft = ExitRow(
        "The last one in a waiting room leaves, or its connection breaks.", only: .waiting,
        .roomEnds(.allLeft, othersHear: .goodbye), elsewhere: "only rooms empty; see `left` and `disconnected`",
        ended: .impossible("nobody is in a room that has ended"))

    static let movedAway = ExitRow(
        "The last one in a waiting room joins another scene, or gives way: a coordinator reports a session, which the journal "
            + "does not name, in which it plays.",
        only: .waiting, .roomEnds(.superseded),
        elsewhere: "one who has been matched stays until that session has ended; see `rejoined`",
        ended: .impossible("nobody is in a room that has ended"))

    static let movedTogether = ExitRow(
        "The last ones in a waiting room are moved to another: a more senior one, since a game could begin there; with all of "
            + "their party; or, their time being up, one of the scene that theirs sends them on to.",
        only: .waiting, .roomEnds(.allLeft, othersHear: .waiting),
        elsewhere: "nobody is moved out of a session that has been matched",
        ended: .impossible("nobody is in a room that has ended"))

    static let disconnected = ExitRow(
        "A player's connection breaks.",
        waiting: .goesOn("Its place is given up; the room goes on, and the others hear the new count."),
        handedOff: .goesOn(
            "Its grace begins, and the others hear `peerDisconnected`. One who has not entered is awaited until the "
                + "deadline of entering."),
        ended: .isOver("Nobody is told on that connection; a late `enter` with the ticket is told."))

    static let returned = ExitRow(
        "A player is back within its grace.",
        waiting: .impossible("a room keeps no place for one who is away; one who is back joins anew, with its `resume`"),
        handedOff: .goesOn("It hears `entered` and what it missed, the others hear `peerReconnected`."),
        ended: .lateEnter)

    static let graceOver = ExitRow(
        "A player's grace passes without it.",
        waiting: .impossible("a room gives up the place of one whose connection breaks at once"),
        matched: .coordinatorEnds(.playerDisconnected, in: .matched),
        validating: .coordinatorEnds(.playerDisconnected, in: .validating),
        playing: .coordinatorEnds(.playerDisconnected, in: .playing), ended: .gone)

    static let reloaded = ExitRow(
        "A player has a second connection, with the same proof or ticket: a reload.",
        waiting: .goesOn(
            "The older connection hears `ended` as `superseded`, the newer one `waiting` with the same place; "
                + "the others hear nothing."),
        handedOff: .goesOn(
            "The older connection closes with 4001, the others hear nothing; but those who were connecting to it are told to connect "
                + "anew."),
        ended: .lateEnter)

    static let excluded = ExitRow(
        "A client excludes its own player.",
        waiting: .impossible("a waiting room knows no such request; it is answered `unknown_type`"),
        matched: .coordinatorEnds(.playerExcluded, in: .matched, concernedHear: .ended),
        validating: .coordinatorEnds(.playerExcluded, in: .validating, concernedHear: .ended),
        playing: .coordinatorEnds(.playerExcluded, in: .playing, concernedHear: .ended), ended: .quiet)

    static let lost = ExitRow(
        "A player leaves, is not back within its grace, is excluded, or is not at a barrier in time, in a scene that goes on "
            + "without it; and enough are left.",
        only: .playing,
        .goesOn(
            "It hears `ended` with the reason of its loss and a `resume` that releases it, at once; and the same again if it "
                + "enters later. The others hear `playerLost`. The coordinator forgets that its subject is inside, the matchmaker "
                + "when it is told of the loss or shown that `resume`; the outcome names it under `losses`, also one that the "
                + "matchmaker states, as far as it was told, and nobody puts it back. When all who are left have finished, the "
                + "session is `completed`."),
        elsewhere: "before play a session needs all of its players; see `left`, `grace_over` and `excluded`"
    )

    static let watchedOut = ExitRow(
        "The coordinator excludes players by the scene's rule of watching: too slow, silent or hidden for too long, and warned of it.",
        waiting: .impossible("nobody is watched in a room"), matched: .impossible("nobody is watched before all have entered"),
        validating: .coordinatorEnds(.playerExcluded, in: .validating, concernedHear: .ended),
        playing: .coordinatorEnds(.playerExcluded, in: .playing, concernedHear: .ended), ended: .gone)

    static let excludedByAdministrator = ExitRow(
        "An administrator excludes a player at its coordinator.",
        waiting: .roomOnly,
        matched: .coordinatorEnds(.playerExcluded, in: .matched, concernedHear: .ended),
        validating: .coordinatorEnds(.playerExcluded, in: .validating, concernedHear: .ended),
        playing: .coordinatorEnds(.playerExcluded, in: .playing, concernedHear: .ended),
        ended: .isOver("The administrator is told how it ended."))

    static let rejoined = ExitRow(
        "A player joins again at the matchmaker, with its `resume`, while its coordinator is in reach.",
        waiting: .goesOn(
            "For another scene: its older connection hears `ended` as `superseded`, the room goes on without it, and the "
                + "others hear the new count. For the same one see `reloaded`."),
        handedOff: .goesOn("It hears `matched` again, with the same ticket, whatever the scene that it asks for."),
        ended: .isOver("It waits in a new session; its `resume` restores its place unless it has played."))

    static let finishedGone = ExitRow(
        "One who has finished leaves, or its connection breaks.", only: .playing,
        .goesOn("The others play on and hear nothing; nobody waits for it."),
        elsewhere: "nobody has finished before play", ended: .quiet)
}

extension ExitPath {
    /// Of what players ask before they have been told.
    static let quiet = ExitPath.isOver("It is answered by nothing but `ended`, when that may be told.")
    /// Of entering too late.
    static let lateEnter = ExitPath.isOver(
        "It hears `ended` with reason, `requeued` and `resume` while the tombstone lives, afterwards `session_ended`.")
}
