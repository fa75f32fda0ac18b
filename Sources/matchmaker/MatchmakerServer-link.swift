import Matchmaking
import Reactor
import Service
import SessionProtocol

// Coordinators and their links.
extension MatchmakerServer: LinkListenerDelegate {
    func linkProven(_ link: ConnectionID, _ hello: Hello, version: UInt8, peer: SocketAddress) {
        logger.info(
            "link_proven",
            [
                "node": .string(hello.node.name), "incarnation": .string("\(hello.incarnation)"),
                "peer": .string("\(peer)"), "protocol": .int(Int(version)),
            ])
        handle(.linkProven(LinkHandle(link), hello))
    }

    func linkReceived(_ message: Message, from link: ConnectionID) { handle(.link(LinkHandle(link), message)) }

    func linkClosed(_ link: ConnectionID, _ end: LinkEnd) {
        logger.info("link_closed", ["why": .string("\(end)")])
        handle(.linkDown(LinkHandle(link)))
    }

    func linkRefused(peer: SocketAddress, _ end: LinkEnd) {
        logger.warning("link_refused", ["peer": .string("\(peer)"), "why": .string("\(end)")])
    }

    func log(_ notice: MatchmakerNotice) {
        switch notice {
        case .coordinatorUp(let node, let incarnation, let capacity, let url):
            logger.info(
                "coordinator_up",
                [
                    "node": .string(node.name), "incarnation": .string("\(incarnation)"),
                    "capacity": .int(Int(capacity)), "url": .string(url),
                ])
        case .coordinatorDown(let node): logger.warning("coordinator_down", ["node": .string(node.name)])
        case .coordinatorDraining(let node): logger.info("coordinator_draining", ["node": .string(node.name)])
        case .coordinatorLost(let node, let sessions):
            logger.warning("coordinator_lost", ["node": .string(node.name), "sessions": .int(sessions)])
        case .coordinatorRefused(let node, let code):
            logger.warning("coordinator_refused", ["node": .string(node.name), "code": .string("\(code)")])
        case .sessionRefused(let session, let node, let reason):
            logger.warning(
                "session_refused",
                ["session": .string("\(session)"), "node": .string(node.name), "reason": .string("\(reason)")])
        case .assignTimedOut(let session, let node):
            logger.warning("assign_timed_out", ["session": .string("\(session)"), "node": .string(node.name)])
        case .cancelIgnored(let session, let node):
            logger.warning(
                "cancel_ignored", ["session": .string("\(session)"), "node": .string(node.name)],
                message: "the coordinator was asked to end this session and did not")
        case .nothingToCancel(let session): logger.info("nothing_to_cancel", ["session": .string("\(session)")])
        case .formed(let session, let scene, let subjects, let reason):
            logger.info(
                "formed",
                [
                    "session": .string("\(session)"), "scene": .string(scene.name), "subjects": Self.names(subjects.map(\.name)),
                    "why": .string(reason.description),
                ])
        case .noCoordinator(let scene):
            logger.warning(
                "no_coordinator", ["scene": .string(scene.name)],
                message: "a full room waits because no coordinator takes sessions")
        case .stale(let kind, let session):
            logger.info("stale_message", ["kind": .string("\(kind)"), "session": .string("\(session)")])
        case .adopted(let session, let node):
            logger.info("session_adopted", ["session": .string("\(session)"), "node": .string(node.name)])
        case .doubted(let session, let node):
            logger.info("session_in_doubt", ["session": .string("\(session)"), "node": .string(node.name)])
        case .inventoryAsked(let node, let outcomes):
            logger.info("inventory_asked", ["node": .string(node.name), "outcomes": .int(outcomes)])
        case .outcomeReleased(let session, let node):
            logger.warning(
                "outcome_released", ["session": .string("\(session)"), "node": .optional(node?.name)],
                message: "a coordinator that is away may report this end once more, and it would count as new")
        case .outcome(let outcome): logger.log(outcome)
        case .treated(let session, let scene, let treatment):
            logger.info(
                "treatment",
                ["session": .string("\(session)"), "scene": .string(scene.name), "treatment": .string(treatment)])
        case .fate(let fate):
            waits.record(fate, in: metrics.registry)
            logger.log(fate)
        }
    }
}
