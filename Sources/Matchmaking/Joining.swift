import SessionProtocol

extension MatchmakerCore {
    mutating func join(
        _ connection: ConnectionHandle, _ request: JoinRequest, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        if joined.contains(connection) {
            return refuse(connection, request, .wrongState, "this connection has joined already", &actions)
        }
        guard let sceneID = try? SceneID(request.scene), let askedIndex = sceneIndices[sceneID] else {
            return refuse(connection, request, .unknownScene, "there is no scene of this name", &actions)
        }
        let claim = claim(request.resume, of: request.subject, now)
        let movedIndex = claim.flatMap { whereMoved($0, from: askedIndex, now) }
        let sceneIndex = movedIndex ?? askedIndex
        if let claim { releases.note(claim) }
        let held = ledger.session(of: request.subject)
        if let session = held {
            guard mayTakeOver(session, request, claim, joining: askedIndex) else {
                return refuse(connection, request, .subjectInUse, "this subject already waits or plays", &actions)
            }
            if let room = ledger.details(of: session)?.room {
                let isItsPlace = askedIndex == room.sceneIndex || sceneIndex == room.sceneIndex
                if isItsPlace || wasMoved(request.subject, in: room, from: sceneID) {
                    return rejoinRoom(session, connection, request, claim, now, &actions)
                }
            } else if let claim, claim.releases(from: session) {
                release(request.subject, from: session, now, &actions)
            } else {
                return rejoinSession(session, connection, request, claim, now, &actions)
            }
        }
        if let older = untold[request.subject], !mayFollow(older, request, claim, joining: askedIndex) {
            return refuse(connection, request, .subjectInUse, "this subject already waits or plays", &actions)
        }
        guard !isDraining else { return refuse(connection, request, .draining, "this server is shutting down", &actions) }
        guard scenes[sceneIndex].isOpen, !hasPlayedAll(sceneIndex) else {
            return refuse(connection, request, .sceneClosed, "this scene is closed", &actions)
        }
        guard queues[sceneIndex].waiting < scenes[sceneIndex].waitingMax else {
            return refuse(connection, request, .roomFull, "too many are waiting in this scene", &actions)
        }
        if let misfit = scenes[sceneIndex].rules.misfit(of: request.attributes) {
            return refuse(connection, request, .badMessage, misfit.description, &actions)
        }
        if let problem = problem(of: request.party, request.attributes, in: sceneIndex) {
            return refuse(connection, request, problem.error, problem.message, &actions)
        }
        if held != nil, let session = ledger.session(of: request.subject) { moveOut(request.subject, session, now, &actions) }
        if let older = untold.removeValue(forKey: request.subject) {
            actions.append(
                .reply(older.connection, .ended(session: older.session, reason: .superseded, completionCode: nil)))
            actions.append(.close(older.connection, .normal))
            finish(older.connection, .superseded, in: older.session, now, &actions)
        }
        // Named first: a call that looks into `self` for an argument copies the whole of it, for each join.
        let scene = scenes[sceneIndex].id
        let sinceUnixMs = since(now.unixMs, claim, in: scene)
        beginsAnew(request.subject, sinceUnixMs: sinceUnixMs)
        let member = Member(
            subject: request.subject, connection: connection, sinceUnixMs: sinceUnixMs,
            waitUntilMs: now.bootMs + scenes[sceneIndex].waitTimeoutMs, attributes: shapes.shared(request.attributes),
            party: request.party)
        if movedIndex != nil {
            accept(member, in: scene, movedFrom: sceneID, now)
        }
        seat(member, sceneIndex: sceneIndex, now, &actions)
    }

    /// Whether this subject has waited for this scene, or for one that it was moved to from there, as its `resume` proves, and
    /// has not been given what it waited for; or is in a session of it. Whoever has was admitted when it joined. It holds for as
    /// long as a place is good, from when it first joined: joining again does not put it off.
    public func hasPlace(_ request: JoinRequest, nowUnixMs: UInt64) -> Bool {
        let now = Moment(bootMs: 0, unixMs: nowUnixMs)
        guard let scene = (try? SceneID(request.scene)).flatMap({ sceneIndices[$0] }),
            let claim = claim(request.resume, of: request.subject, now), claim.kind.restoresPlace,
            nowUnixMs - min(nowUnixMs, claim.sinceUnixMs) < limits.resumeLifetimeMs,
            claim.scene == scenes[scene].id || whereMoved(claim, from: scene, now) != nil
        else { return false }
        return !isSpent(claim) || ledger.session(of: request.subject) == claim.session
    }

    /// What a `resume` claims, if it is this subject's and good.
    func claim(_ resume: String?, of subject: SubjectID, _ now: Moment) -> ResumeClaim? {
        guard let claim = resume.flatMap({ signer.check($0, nowUnixMs: now.unixMs) }), claim.subject == subject else { return nil }
        return claim
    }

    /// Since when one waits who shows this claim: as early as it proves.
    private func since(_ sinceUnixMs: UInt64, _ claim: ResumeClaim?, in scene: SceneID) -> UInt64 {
        guard let claim, claim.kind.restoresPlace, claim.scene == scene, !isSpent(claim) else {
            return sinceUnixMs
        }
        return min(sinceUnixMs, claim.sinceUnixMs)
    }

    /// Gives up a place in a room for one elsewhere.
    mutating func moveOut(
        _ subject: SubjectID, _ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        if let member = unseat(subject, from: id, causeWhenEmpty: .movedAway, as: .superseded, now, &actions) {
            tellEnded(member, session: id, .superseded, nil, &actions)
        }
    }

    /// Gives up the places in rooms of those who play elsewhere. All are out before a seat is given to anyone: a room that
    /// fills up meanwhile is matched at once.
    mutating func giveWay(_ subjects: [SubjectID], _ now: Moment, _ actions: inout [MatchmakerAction]) {
        var changed: [(room: SessionID, sceneIndex: Int)] = []
        for subject in subjects {
            guard let id = ledger.session(of: subject),
                let (member, sceneIndex) = takeOut(subject, of: id, causeWhenEmpty: .movedAway, as: .superseded, now, &actions)
            else { continue }
            tellEnded(member, session: id, .superseded, nil, &actions)
            changed.append((id, sceneIndex))
        }
        for (room, sceneIndex) in changed { shareOut(sceneIndex, changed: [room], now, &actions) }
    }

    /// A newer connection takes over the subject's place in a room; or goes over to the party that it names now.
    private mutating func rejoinRoom(
        _ id: SessionID, _ connection: ConnectionHandle, _ request: JoinRequest, _ claim: ResumeClaim?, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        let subject = request.subject
        guard let entry = ledger[id], let room = entry.details.room,
            let join = join(of: subject, in: room)
        else { return }
        let replaced = joined[join]
        var member = replaced
        member.connection = connection
        member.sinceUnixMs = since(replaced.sinceUnixMs, claim, in: entry.scene)
        if let party = request.party, takesOver(party, member, room.sceneIndex) {
            member.party = party
            return changeParty(member, from: replaced, in: id, now, &actions)
        }
        let isOlder = member.sinceUnixMs < replaced.sinceUnixMs
        if isOlder { member.seal = seal(ofPlaceOf: member, in: id, entry.scene, now) }
        let newer = accept(member, in: entry.scene, movedFrom: replaced.connection.flatMap { joined.movedFrom($0) }, now)
        updateRoom(id) { $0.members.replace(join, with: newer) }
        if let unit = member.unit { queues[room.sceneIndex].pool.replace(join, with: newer, in: unit) }
        tellEnded(replaced, session: id, .superseded, nil, &actions)
        if let old = replaced.connection { finish(old, .superseded, in: id, now, &actions) }
        tellWaiting(member, in: id, room, now, &actions)
        askAgain(subject, in: id, now, &actions)
        if isOlder { becameOlder(newer, in: id, now, &actions) }
    }

    /// The subject's session is on its way to a coordinator, or there: the newer connection hears `matched`, now or when
    /// the coordinator is known to hold it.
    private mutating func rejoinSession(
        _ id: SessionID, _ connection: ConnectionHandle, _ request: JoinRequest, _ claim: ResumeClaim?, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        guard let entry = ledger[id] else { return }
        let subject = request.subject
        let timeoutMs = sceneIndices[entry.scene].map { scenes[$0].waitTimeoutMs } ?? 0
        let waitUntilMs = now.bootMs + timeoutMs
        // For when it is put back.
        let sinceUnixMs = since(.max, claim, in: entry.scene)
        var replaced: Member?
        var isOlder = false
        _ = updateHandOff(id) { handOff in
            guard let index = handOff.members.firstIndex(where: { $0.subject == subject }) else { return }
            replaced = handOff.members[index]
            handOff.members[index].connection = connection
            handOff.members[index].hasLeft = false
            handOff.members[index].isGivenUp = false
            // What it said before may have been lost with an earlier life of this process.
            if request.attributes != .none { handOff.members[index].attributes = request.attributes }
            if handOff.members[index].isFromJournal { handOff.members[index].party = request.party }
            isOlder = sinceUnixMs < handOff.members[index].sinceUnixMs
            handOff.members[index].sinceUnixMs = min(handOff.members[index].sinceUnixMs, sinceUnixMs)
            // Back from a session that was, or may have been, played: it waits anew.
            if handOff.phase == .accepted { handOff.members[index].waitUntilMs = waitUntilMs }
        }
        if let replaced {
            tellEnded(replaced, session: id, .superseded, nil, &actions)
            if let old = replaced.connection { finish(old, .superseded, in: id, now, &actions) }
        }
        guard let handOff = ledger.details(of: id)?.handOff,
            let index = handOff.members.firstIndex(where: { $0.subject == subject })
        else { return }
        accept(handOff.members[index], in: entry.scene, now)
        fates.set(connection, atMs: now.bootMs + limits.fateTimeoutMs)
        var member = handOff.members[index]
        if isOlder {
            // What it is told from now on has to prove the place that it now has.
            member.seal = seal(ofPlaceOf: member, in: id, entry.scene, now)
            _ = updateHandOff(id) { $0.members[index].seal = member.seal }
        }
        if handOff.phase == .accepted, handOff.cancel == nil, !isDoubtful(id), coordinator(handOff.node)?.isReady == true {
            tellMatched(id, playerAt: index, now, &actions)
            return
        }
        actions.append(
            .reply(
                connection,
                .waiting(
                    WaitingNews(
                        session: id, players: handOff.members.count, needed: handOff.members.count,
                        waitedMs: now.unixMs - min(now.unixMs, member.sinceUnixMs),
                        timeoutMs: fateIsKnownMs(of: handOff, now), resume: resume(of: member, in: id, entry.scene)))))
    }

    /// How long the fate of a session whose coordinator is out of reach can stay unknown.
    private func fateIsKnownMs(of handOff: Boxed<HandOff>, _ now: Moment) -> UInt64 {
        guard let lostAtMs = coordinator(handOff.node)?.lostAtMs else { return limits.assignTimeoutMs }
        return min(lostAtMs - min(lostAtMs, now.bootMs), limits.fateTimeoutMs)
    }

    /// The holder of a release was told the end while the link was down: the session is over for this subject.
    private mutating func release(
        _ subject: SubjectID, from id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        ledger.unseat(subject, from: id)
        releases.note(subject, from: id)
        var replaced: Member?
        _ = updateHandOff(id) { handOff in
            guard let index = handOff.members.firstIndex(where: { $0.subject == subject }) else { return }
            replaced = handOff.members[index]
            handOff.members[index].connection = nil
        }
        if let replaced {
            tellEnded(replaced, session: id, .superseded, nil, &actions)
            if let old = replaced.connection { finish(old, .superseded, in: id, now, &actions) }
        }
    }

    mutating func leave(_ connection: ConnectionHandle, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let subject = joined.subject(connection) else {
            actions.append(.reply(connection, .error(.wrongState, message: "join first")))
            return
        }
        if untold[subject]?.connection == connection {
            untold[subject]?.hasLeft = true
            return
        }
        guard let id = ledger.session(of: subject), !isElsewhere(subject, in: id, than: connection) else { return }
        if let member = unseat(subject, from: id, causeWhenEmpty: .lastLeft, as: .left, now, &actions) {
            let scene = ledger.tombstone(id)?.outcome.scene ?? ledger[id]?.scene
            let code = scene.flatMap { sceneIndices[$0] }.map { scenes[$0].settings }?.completionCode(for: .playerLeft)
            gaveUp(subject, sinceUnixMs: member.sinceUnixMs, now)
            tellEnded(member, session: id, .playerLeft, code, &actions)
        } else {
            leaveHandOff(connection, subject, id, &actions)
        }
    }

    /// Nobody waits without an end, whatever a disk or a coordinator does.
    mutating func fateStaysUnknown(
        _ connection: ConnectionHandle, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        tellError(
            connection, .timeout, "what became of the session is not known yet; join again with your resume", &actions)
        gone(connection, .timedOut, error: .timeout, now, &actions)
    }

    mutating func disconnected(_ connection: ConnectionHandle, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        // Who stops closes what is still open.
        gone(connection, isShuttingDown ? .shutdown : .disconnected, now, &actions)
    }

    /// Nobody is on the connection any more.
    private mutating func gone(
        _ connection: ConnectionHandle, _ kind: JoinFate.Kind, error: MatchmakerError? = nil, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        guard let subject = joined.subject(connection) else { return }
        if let older = untold[subject], older.connection == connection {
            untold[subject] = nil
            return finish(connection, kind, in: older.session, error: error, now, &actions)
        }
        guard let id = ledger.session(of: subject), !isElsewhere(subject, in: id, than: connection) else {
            return finish(connection, kind, in: nil, error: error, now, &actions)
        }
        if ledger.state(of: id) == .waiting {
            _ = unseat(subject, from: id, causeWhenEmpty: .lastLeft, as: kind, now, &actions)
        } else {
            finish(connection, kind, in: id, error: error, now, &actions)
            _ = updateHandOff(id) { handOff in
                for index in handOff.members.indices where handOff.members[index].connection == connection {
                    handOff.members[index].connection = nil
                    handOff.members[index].isGivenUp = kind == .timedOut
                }
            }
        }
    }

    /// The subject is in a room by another connection: what became of this one's session has not been told.
    private func isElsewhere(_ subject: SubjectID, in id: SessionID, than connection: ConnectionHandle) -> Bool {
        guard let room = ledger.details(of: id)?.room, let join = join(of: subject, in: room) else { return false }
        return joined[join].connection != connection
    }
}
