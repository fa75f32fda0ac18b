import WebProtocol

/// Text messages of clients, read as each of the two servers reads them. What is passed on is a slice of what came.
func check(_ input: Span<UInt8>) {
    let limits = ClientMessageLimits()
    let matchmaker = read(input) { json throws(ClientMessageError) in
        try MatchmakerRequest.decode(json, limits: limits)
    }
    let coordinator = read(input) { json throws(ClientMessageError) in
        try CoordinatorRequest.decode(json, limits: limits)
    }
    if case .failure(let error) = matchmaker, error.code == .badJSON || error.code == .tooLarge {
        require(coordinator == .failure(error), "what is no JSON is none for both")
    }
    if case .failure(let error) = coordinator, error.code == .badJSON || error.code == .tooLarge {
        require(matchmaker == .failure(error), "what is no JSON is none for both")
    }
    if case .success(let request) = matchmaker { examine(request, input, limits) }
    if case .success(let request) = coordinator { examine(request, input, limits) }
}

private func read<Request: Equatable>(
    _ input: Span<UInt8>, _ decode: (Span<UInt8>) throws(ClientMessageError) -> Request
) -> Result<Request, ClientMessageError> {
    do throws(ClientMessageError) {
        return .success(try decode(input))
    } catch {
        var reply: [UInt8] = []
        MatchmakerReply.error(code: error.code, message: error.message).encode(into: &reply)
        requireJSON(reply, "an error's words make a message")
        return .failure(error)
    }
}

private func examine(_ request: MatchmakerRequest, _ input: Span<UInt8>, _ limits: ClientMessageLimits) {
    switch request {
    case .join(let scene, let subject, let token, let attributes, let resume, let party):
        if let party {
            requireName(party.code, limits.partyCodeBytesMax)
            require(party.size >= 1 && party.size <= limits.partySizeMax, "a party has a size within its limits")
        }
        requireName(scene, limits.sceneBytesMax)
        requireName(subject, limits.subjectBytesMax)
        if let token { requireName(token, limits.tokenBytesMax) }
        if let resume { requireName(resume, limits.resumeBytesMax) }
        if let attributes { requireSlice(attributes, input, limits.attributesBytesMax) }
        let again = write { json in
            json.member("type", "join")
            json.member("scene", scene)
            json.member("subject", subject)
            json.member("token", ifPresent: token)
            json.member("resume", ifPresent: resume)
            if let party {
                json.key("party")
                json.object { json in
                    json.member("code", party.code)
                    json.member("size", party.size)
                }
            }
            if let attributes {
                json.key("attributes")
                json.raw(attributes)
            }
        }
        require((try? MatchmakerRequest.decode(again.span, limits: limits)) == request, "a join is written and read again")
    case .leave, .confirm: break
    }
}

private func examine(_ request: CoordinatorRequest, _ input: Span<UInt8>, _ limits: ClientMessageLimits) {
    switch request {
    case .enter(let session, let ticket, let received, let tick):
        requireName(session, limits.sessionBytesMax)
        requireName(ticket, limits.ticketBytesMax)
        require(received >= 0 && received < 1 << 53, "a count is exact in every language")
        require(tick >= 0 && tick <= UInt32.max, "a tick has 32 bits")
    case .signal(let to, let data, _):
        requirePlayer(to, limits)
        requireSlice(data, input, limits.signalBytesMax)
    case .validated(let peer, let rttMs, _):
        requirePlayer(peer, limits)
        require(rttMs.map { $0.isFinite && $0 >= 0 } ?? true, "a time is finite and not negative")
    case .peerLost(let peer, _): requirePlayer(peer, limits)
    case .validationFailed(let peer, let detail, let attempt):
        requirePlayer(peer, limits)
        require((detail ?? "").utf8.count <= limits.detailBytesMax, "a detail is within its limit")
        let again = write { json in
            json.member("type", "validationFailed")
            json.member("peer", peer)
            json.member("detail", ifPresent: detail)
            if let attempt { json.member("attempt", attempt) }
        }
        require((try? CoordinatorRequest.decode(again.span, limits: limits)) == request, "a text is written and read again")
    case .clock(let sample, let clientMs):
        require(sample >= 0 && sample <= UInt32.max, "a sample has 32 bits")
        require(clientMs.isFinite, "what a clock says is finite")
    case .episodeDone(let episode), .resetDone(let episode):
        require(episode.map { (0...Int(UInt16.max)).contains($0) } ?? true, "an episode is a number of 16 bits")
    case .ready(let barrier): requireName(barrier, limits.barrierBytesMax)
    case .finish(let result): if let result { requireSlice(result, input, limits.messageBytesMax) }
    case .exclude(let reason): requireName(reason, limits.reasonBytesMax)
    case .leave, .visibility: break
    }
}

private func write(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    JSONWriter.append(to: &bytes) { $0.object(members) }
    requireJSON(bytes, "what is written is JSON")
    return bytes
}

private func requirePlayer(_ player: Int, _ limits: ClientMessageLimits) {
    require((0...limits.playerMax).contains(player), "a player is an index")
}

private func requireName(_ text: String, _ bytesMax: Int) {
    require(!text.isEmpty && text.utf8.count <= bytesMax, "a name is within its limit")
    require(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }, "a name is one line")
}

/// The bytes stand in the message as they are, and are one whole value.
private func requireSlice(_ slice: [UInt8], _ input: Span<UInt8>, _ bytesMax: Int) {
    require(slice.count <= bytesMax, "a slice is within its limit")
    requireJSON(slice, "a slice is one value")
    var start = 0
    while start + slice.count <= input.count {
        var length = 0
        while length < slice.count, input[start + length] == slice[length] { length += 1 }
        if length == slice.count { return }
        start += 1
    }
    require(false, "a slice stands in the message")
}

private func requireJSON(_ bytes: [UInt8], _ property: String) {
    var at = 0
    require((try? JSONScanner.skipValue(bytes.span, &at)) != nil && at == bytes.count, property)
    require(UTF8Validator.isValid(bytes.span), property)
}
