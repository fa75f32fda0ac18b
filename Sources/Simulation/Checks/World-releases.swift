import Matchmaking
import SessionProtocol

/// Rule 8 over restarts: a release that was shown once is proven by every place that was given since.
extension World {
    /// Notes what a join shows of the client's releases, before the matchmaker knows of it.
    func showsRelease(_ resume: String?, _ client: Int, _ connection: Int) {
        notePlaceBefore(client)
        guard let resume, let claim = Resume(resume)?.claim, claim.expiresUnixMs > matchmaker.moment(nowUs).unixMs else { return }
        var shown = truth.heard[client].filter { $0.resume == resume }.map { truth.number(of: $0.session) }
        for place in truth.placesBehindRelease[client] where place.resume == resume {
            shown += place.releasedFrom
            if place.life != matchmaker.life, place.releasedFrom.contains(where: mayComeBack) {
                coverage.count(.releaseRestored)
            }
        }
        let released = shown.filter(mayComeBack)
        truth.update(connection) { $0.releasedFrom = released }
    }

    /// A restart would bring it back.
    private func mayComeBack(_ number: Int) -> Bool {
        switch truth[number].atMatchmaker {
        case .live: true
        case .ended: truth[number].outcome == nil
        case .unknown, .waiting: false
        }
    }

    /// Notes the place that is given to one who was released.
    func keepsRelease(_ resume: String, _ client: Int, _ connection: Int) {
        isTold(resume, on: connection)
        let from = truth.connection(connection).releasedFrom.filter(mayComeBack)
        guard !from.isEmpty, truth.placesBehindRelease[client].last?.resume != resume else { return }
        truth.placesBehindRelease[client].append(
            Truth.PlaceBehindRelease(
                resume: resume, releasedFrom: from.suffix(ProtocolLimits.resumeReleasesMax), life: matchmaker.life))
        if truth.placesBehindRelease[client].count > 8 { truth.placesBehindRelease[client].removeFirst() }
    }
}
