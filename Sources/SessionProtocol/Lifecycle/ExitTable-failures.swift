/// Failures of processes, links and disks.
extension ExitRow {
    static let linkLostAndBack = ExitRow(
        "The link is lost after the coordinator has accepted, and is back within the grace.",
        waiting: .goesOn("Rooms wait on; without another coordinator nobody is matched meanwhile."),
        handedOff: .goesOn("The inventory shows that both still hold it. Players notice nothing."),
        ended: .isOver("An outcome that was not acknowledged is reported again, and acknowledged."))

    static let rejoinedOutOfReach = ExitRow(
        "A player joins again at the matchmaker, with its `resume`, while its coordinator is out of reach.",
        waiting: .roomOnly,
        handedOff: .goesOn(
            "It hears `waiting` until the fate of the session is known: `matched` again when the coordinator is back, a new "
                + "session when it is lost. One who holds a release is free at once."),
        ended: .isOver("It waits in a new session."))

    static let leaseOver = ExitRow(
        "The coordinator has had no answer from the matchmaker for the whole grace: its lease is over.", waiting: .roomOnly,
        matched: .coordinatorEnds(.coordinatorLost, in: .matched, blame: .nobody),
        validating: .coordinatorEnds(.coordinatorLost, in: .validating, blame: .nobody),
        playing: .coordinatorEnds(.coordinatorLost, in: .playing, blame: .nobody), ended: .gone)

    static let awokeLate = ExitRow(
        "The coordinator stood still, and wakes up behind its lease. It handles that before anything that it could read.",
        waiting: .roomOnly,
        matched: .coordinatorEnds(.coordinatorLost, in: .matched, blame: .nobody),
        validating: .coordinatorEnds(.coordinatorLost, in: .validating, blame: .nobody),
        playing: .coordinatorEnds(.coordinatorLost, in: .playing, blame: .nobody), ended: .gone)

    static let coordinatorSilent = ExitRow(
        "The matchmaker has not heard the coordinator for grace and margin.", waiting: .roomOnly,
        matched: .lost(in: .matched, isPresumed: true), validating: .lost(in: .validating, isPresumed: true),
        playing: .lost(in: .playing, isPresumed: true), ended: .isOver("The outcome stays; it is on disk."))

    static let ownerSpokeLate = ExitRow(
        "The owner's outcome arrives after the session was presumed lost.",
        waiting: .roomOnly, handedOff: .impossible("while it lives, that is simply its end"),
        ended: .isOver("It takes the place of the presumed one, once, and is acknowledged. Nobody is told again."))

    static let coordinatorRestarted = ExitRow(
        "The coordinator was killed and is back, or it does not list the session for another reason.", waiting: .roomOnly,
        matched: .lost(in: .matched, isPresumed: false), validating: .lost(in: .validating, isPresumed: false),
        playing: .lost(in: .playing, isPresumed: false),
        ended: .isOver("An outcome that was on its disk is reported again, and acknowledged."))

    static let matchmakerRestarted = ExitRow(
        "The matchmaker was killed, and is back within the grace with its journal.",
        waiting: .vanishes(
            "The room is gone with the process; connections break. Its members join again, and their `resume` restores their "
                + "places."),
        handedOff: .goesOn("The journal and the inventory show that both still hold it. Players in play notice nothing."),
        ended: .isOver("The journal knows the outcome; one that is reported again is acknowledged."))

    static let bothRestarted = ExitRow(
        "Both were killed and are back; or the matchmaker was, before its `assign` had arrived. The journal does not say how "
            + "far a session had come: it counts as matched.",
        waiting: .vanishes("As when the matchmaker alone is killed."), handedOff: .lost(in: .matched, isPresumed: false),
        ended: .isOver("Journal and outbox know the outcome; one that is reported again is acknowledged."))

    static let journalLost = ExitRow(
        "The matchmaker was killed, and its journal is gone or damaged.",
        waiting: .vanishes("As when the matchmaker is killed with its journal."),
        matched: .goesOn(
            "It is in doubt, since it may be of an attempt that was taken back, and is taken on when all have entered. If they "
                + "have not when grace and margin have passed, its owner is asked to end it, as in `gone_at_matchmaker` with "
                + "nobody to blame. Nobody is matched before it has ended."),
        validating: .takenOn, playing: .takenOn,
        ended: .isOver(
            "An outcome that was not acknowledged is reported again, recorded and acknowledged; one of *matched* when grace and "
                + "margin have passed, unless a higher attempt has been reported."))

    static let matchmakerDiskFails = ExitRow(
        "The matchmaker's disk takes no records.", waiting: .goesOn("All go on waiting; nobody is matched."),
        handedOff: .goesOn("It goes on. An end is neither acknowledged nor told by the matchmaker before it is on disk."),
        ended: .isOver("An outcome that is reported again is acknowledged when it is on disk."))

    static let coordinatorDiskFails = ExitRow(
        "The coordinator's disk takes no records.", waiting: .goesOn("It is offered no sessions."),
        handedOff: .goesOn("It goes on. An end is told when the matchmaker has acknowledged it."),
        ended: .isOver("The outcome is reported as before; without a link nobody is told before it is on disk."))
}

/// Operators.
extension ExitRow {
    static let cancelled = ExitRow(
        "An administrator cancels the session.", waiting: .roomEnds(.cancelled),
        matched: .ends(ExitEnding(.owner, .cancelled, in: .matched, othersHear: .ended)),
        validating: .coordinatorEnds(.cancelled, in: .validating, blame: .nobody, requeue: .nobody),
        playing: .coordinatorEnds(.cancelled, in: .playing, blame: .nobody), ended: .isOver("There is nothing to cancel."))

    static let matchmakerShutdown = ExitRow(
        "The matchmaker shuts down.", waiting: .roomEnds(.shutdown),
        handedOff: .goesOn("It goes on at its coordinator. Who waits to be told `matched` is told while the matchmaker runs."),
        ended: .isOver("Who waits to be told is told; nobody is put back to wait."))

    static let coordinatorShutdown = ExitRow(
        "The coordinator shuts down.", waiting: .goesOn("It takes no new sessions."),
        matched: .coordinatorEnds(.shutdown, in: .matched, blame: .nobody),
        validating: .coordinatorEnds(.shutdown, in: .validating, blame: .nobody),
        playing: .coordinatorEnds(.shutdown, in: .playing, blame: .nobody),
        ended: .isOver("It runs until its outcomes have been acknowledged and told."))

    static let sceneRemoved = ExitRow(
        "A reload of the scenes leaves out this session's scene.", waiting: .roomEnds(.cancelled),
        handedOff: .goesOn(
            "It keeps the settings it began with. Should it end before play, who waits at the matchmaker to be put back is told "
                + "`ended`."),
        ended: .isOver("Who waits to be told is told; nobody is put back to wait."))
}

extension ExitPath {
    fileprivate static let takenOn = ExitPath.goesOn(
        "It is taken on when its coordinator reports it. Until grace and margin have passed nobody is matched.")
}
