/// The way to a coordinator.
extension ExitRow {
    static let noCoordinatorYet = ExitRow(
        "A room is full, and no coordinator takes sessions.", only: .waiting,
        .goesOn("All go on waiting, each for as long as its scene allows."), elsewhere: "a coordinator has been found",
        ended: .impossible("a room that has ended asks for none"))

    static let noCoordinatorInTime = ExitRow(
        "The last one in a room that was full has waited for as long as its scene allows: no coordinator took it.",
        only: .waiting, .roomEnds(.noCoordinator), elsewhere: "the time in a room is over with the match")

    static let leftAtMatchmaker = ExitRow(
        "A player says `leave` to the matchmaker when it has been matched: before it is told, or when it is back and waits to "
            + "be told again. The matchmaker asks the owner to end the session, by `cancel`, once that can be reached.",
        waiting: .impossible("that is `left`"),
        matched: .coordinatorEnds(.playerLeft, in: .matched, concernedHear: .goodbye, othersHear: .waiting),
        validating: .coordinatorEnds(.playerLeft, in: .validating, concernedHear: .goodbye),
        playing: .coordinatorEnds(.playerLeft, in: .playing, concernedHear: .goodbye),
        ended: .isOver("It hears `ended` as `player_left` when the outcome is durable, and is not put back."))

    static let goneAtMatchmaker = ExitRow(
        "A player's connection to the matchmaker breaks between the match and `matched`. The matchmaker asks the owner to end "
            + "the session, by `cancel`.",
        waiting: .impossible("that is `disconnected`"),
        matched: .coordinatorEnds(.playerDisconnected, in: .matched, othersHear: .waiting),
        validating: .back, playing: .back, ended: .isOver("It is told nothing."))

    static let refused = ExitRow(
        "A coordinator that is full, draining, busy with one of the subjects, or cannot carry the scene refuses the session.",
        only: .matched, .goesOn("A new attempt, with new tickets, goes to another coordinator."), elsewhere: onOffer,
        ended: .isOver("The refusal is ignored."))

    static let unanswered = ExitRow(
        "A coordinator does not answer `assign` in time.", only: .matched,
        .goesOn("It is told `drop`; a new attempt, with new tickets, goes to another coordinator."), elsewhere: onOffer,
        ended: .gone)

    static let linkLostInOffer = ExitRow(
        "The link is lost before the coordinator has accepted, or the acceptance is lost with it.", only: .matched,
        .goesOn("A new attempt, with new tickets, goes to another coordinator; what the older one holds is dropped when it reports it."),
        elsewhere: onOffer, ended: .isOver("Nothing is left to be offered."))

    static let noCoordinatorLeft = ExitRow(
        "A coordinator refused, did not answer or was lost before it accepted, and no other takes the session; or all "
            + "attempts have been used.",
        only: .matched,
        .ends(ExitEnding(.matchmaker, .noCoordinator, in: .matched, requeue: .blameless, othersHear: .waiting)),
        elsewhere: onOffer, ended: .gone)

    static let staleMessage = ExitRow(
        "A message about an older attempt arrives, or from a coordinator that does not own the session.",
        waiting: .goesOn("`accepted` and `holding` are answered `drop`, `ended` is acknowledged; nothing changes."),
        handedOff: .goesOn("`accepted` and `holding` are answered `drop`, `ended` is acknowledged; nothing changes."),
        ended: .isOver("`accepted` and `holding` are answered `drop`, `ended` is acknowledged; the outcome stays."))

    static let dropped = ExitRow(
        "A coordinator is told to `drop` its copy: it is of an older attempt, or the session has ended.",
        waiting: .roomOnly,
        matched: .vanishes(
            "The coordinator forgets the copy without an outcome. No ticket to it has left the matchmaker, so nobody is inside."),
        validating: .impossible("nobody can be inside of such a copy; one who were would hear `session_ended`"),
        playing: .impossible("nobody can be inside of such a copy; one who were would hear `session_ended`"),
        ended: .isOver("The coordinator ignores it."))

    static let cancelIgnored = ExitRow(
        "A coordinator is asked to end a session and does not, though its link is up.", waiting: .roomOnly,
        handedOff: .goesOn(
            "At the deadline the matchmaker closes the link, once, so that both say what they hold, and asks again from then "
                + "on. Who waits to be told hears `timeout` at its own deadline, and may come back."),
        ended: .isOver("A coordinator that has ended it repeats the outcome."))

    private static let onOffer = "only a session on offer has this before it"
}

extension ExitPath {
    static let back = ExitPath.goesOn("One who was back to be told `matched` again is gone; the session does not notice.")
}
