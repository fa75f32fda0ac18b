import Coordination
import SessionProtocol

/// Episodes end by their players' word or with their time, and the next begins when all are ready, or their time is up.
extension World {
    func setEpisodeDeadline(_ copy: Truth.Copy, atMs: UInt64, _ host: CoordinatorHost) {
        copy.episode?.untilMs = atMs
        setDeadline(.episode, 0, copy.session, host, afterMs: atMs - min(atMs, host.bootMs(nowUs)))
    }

    /// What a player says of an episode.
    func says(_ number: UInt16?, isDone: Bool, _ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        guard let episode = copy.episode, episode.stage == (isDone ? .active : .resetting), number ?? episode.number == episode.number
        else { return }
        copy.episode?.hasSaid[player] = true
        expectProgress(copy, host)
    }

    /// All have said so on whom it depends.
    func isSaid(_ episode: Truth.EpisodeAccount, _ copy: Truth.Copy) -> Bool {
        if episode.isVague { return true }
        let isAnyEnough = episode.stage == .active && copy.rules.episodes?.endsWhen == .anySays
        if isAnyEnough { return episode.hasSaid.indices.contains { episode.hasSaid[$0] && copy.lostFor[$0] == nil } }
        return episode.stage != .done && episode.hasSaid.indices.allSatisfy { episode.hasSaid[$0] || !copy.plays($0) }
    }

    func judge(
        episode number: UInt16, of count: UInt16, _ instant: StartInstant, _ deadlineMs: UInt64, on connection: Int,
        _ host: CoordinatorHost
    ) {
        guard let copy = seatedCopy(connection, host), let rule = copy.rules.episodes else { return }
        let nowMs = host.bootMs(nowUs)
        if let known = copy.episode, known.number == number, known.stage == .active, !known.isUnsure {
            check(instant, known.startMs, on: connection, host)
            return check(deadlineMs, of: known, copy, host)
        }
        let isFirst = copy.episode == nil && number == 1
        let startMs = isFirst ? copy.startMs : nowMs + UInt64(copy.rules.start?.countdownMs ?? 0)
        if copy.episode?.isUnsure != true {
            let isNext = copy.episode.map { $0.stage == .resetting && $0.number == number } ?? isFirst
            if !isNext { fail(.rulesBroken, "\(truth[copy.session].id.short): episode \(number) comes out of turn") }
            if let before = copy.episode, !isSaid(before, copy) {
                // Only a scene that goes on without those who are not ready gets here.
                let isOpen = copy.rules.barriers?.missing == .open && before.isTimeUp(nowMs)
                if !isOpen { fail(.rulesBroken, "\(truth[copy.session].id.short): episode \(number) begins, and not all are ready") }
            }
            check(instant, startMs, on: connection, host)
        }
        enter(.active, number, startMs: nowMs + instant.inMs - min(nowMs, instant.agoMs), leftMs: startMs - nowMs + UInt64(rule.timeoutMs), deadlineMs, copy, host)
    }

    func judge(reset number: UInt16, _ deadlineMs: UInt64, on connection: Int, _ host: CoordinatorHost) {
        guard let copy = seatedCopy(connection, host), let rule = copy.rules.episodes else { return }
        if let known = copy.episode, known.number == number, known.stage == .resetting, !known.isUnsure {
            return check(deadlineMs, of: known, copy, host)
        }
        if let before = copy.episode, !before.isUnsure {
            let isNext = before.stage == .active && before.number + 1 == number && number <= rule.count
            if !isNext { fail(.rulesBroken, "\(truth[copy.session].id.short): getting ready for \(number) comes out of turn") }
            checkOver(before, copy, host)
        }
        let nowMs = host.bootMs(nowUs)
        enter(.resetting, number, startMs: nowMs, leftMs: UInt64(rule.resetTimeoutMs), deadlineMs, copy, host)
    }

    func judgeDone(on connection: Int, _ host: CoordinatorHost) {
        guard let copy = seatedCopy(connection, host), let before = copy.episode, before.stage != .done else { return }
        if !before.isUnsure {
            if before.stage != .active || before.number != copy.rules.episodes?.count {
                fail(.rulesBroken, "\(truth[copy.session].id.short) is done behind episode \(before.number)")
            }
            checkOver(before, copy, host)
        }
        copy.episode?.stage = .done
        copy.episode?.leftMs = nil
        copy.episode?.isUnsure = false
        clearDeadline(.episode, 0, copy.session, host)
    }

    private func checkOver(_ episode: Truth.EpisodeAccount, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        if isSaid(episode, copy) || episode.isTimeUp(host.bootMs(nowUs)) { return }
        fail(.rulesBroken, "\(truth[copy.session].id.short): episode \(episode.number) is over before its time, and not by its players' word")
    }

    /// A returning player is told the time that is really left.
    private func check(_ deadlineMs: UInt64, of episode: Truth.EpisodeAccount, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        let leftMs = episode.leftMs(host.bootMs(nowUs))
        if deadlineMs != leftMs {
            fail(.rulesBroken, "\(truth[copy.session].id.short): \(deadlineMs) ms are said to be left of an episode that has \(leftMs)")
        }
    }

    private func enter(
        _ stage: Truth.EpisodeAccount.Stage, _ number: UInt16, startMs: UInt64, leftMs: UInt64, _ deadlineMs: UInt64,
        _ copy: Truth.Copy, _ host: CoordinatorHost
    ) {
        let isUnsure = copy.episode?.isUnsure == true
        let leftMs = isUnsure ? deadlineMs : leftMs
        copy.episode = Truth.EpisodeAccount(
            number: number, stage: stage, hasSaid: Array(repeating: false, count: copy.count), startMs: startMs, untilMs: 0)
        copy.episode?.isVague = isUnsure
        clearDeadline(.episode, 0, copy.session, host)
        if copy.pausedMs != nil {
            copy.episode?.leftMs = leftMs
        } else {
            setEpisodeDeadline(copy, atMs: host.bootMs(nowUs) + leftMs, host)
        }
        if !isUnsure, let episode = copy.episode { check(deadlineMs, of: episode, copy, host) }
    }
}
