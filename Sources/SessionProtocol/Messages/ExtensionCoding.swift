// The block of extensions at the end of a body: their number, and for each its tag, its length and its bytes.

extension Extensions {
    /// What the block takes behind the other fields; 0 when there is nothing to say.
    @inline(__always)
    var byteCount: Int { isEmpty ? 0 : count() }

    @inline(never)
    private func count() -> Int {
        guard let content else { return 0 }
        var count = 1
        if let treatment = content.treatment { count += 3 + treatment.utf8.count }
        if !content.roles.isEmpty { count += 3 + content.rolesByteCount }
        if !content.pairs.isEmpty { count += 3 + content.pairsByteCount }
        if !content.losses.isEmpty { count += 3 + content.lossesByteCount }
        for (_, rule) in content.playRules.all { count += 3 + type(of: rule).byteCount }
        for entry in content.unknown { count += 3 + entry.bytes.count }
        return count
    }

    /// Unknown extensions stand between the known ones where their tags say.
    func encode(into writer: inout ByteWriter) {
        guard let content else { return }
        let count = content.knownCount + content.unknown.count
        precondition(count <= Int(UInt8.max), "no tag is said twice")
        writer.u8(UInt8(count))
        var rest = content.unknown[...]
        for tag in ExtensionTag.allCases {
            while let next = rest.first, next.tag < tag.rawValue {
                writer.unknown(next)
                rest.removeFirst()
            }
            content.encode(tag, into: &writer)
        }
        for entry in rest { writer.unknown(entry) }
    }
}

extension Extensions.Content {
    fileprivate var knownCount: Int {
        (treatment == nil ? 0 : 1) + (roles.isEmpty ? 0 : 1) + (pairs.isEmpty ? 0 : 1) + (losses.isEmpty ? 0 : 1)
            + playRules.all.count
    }

    /// Their number, and of each two players and a round trip.
    fileprivate var pairsByteCount: Int { 1 + 6 * pairs.count }

    fileprivate var rolesByteCount: Int { roles.reduce(1) { $0 + 1 + countedBytes($1.name.utf8.count) } }

    /// Their number, and of each a player, a reason and a text.
    fileprivate var lossesByteCount: Int { losses.reduce(1) { $0 + 2 + countedBytes($1.text.utf8.count) } }

    fileprivate func encode(_ tag: ExtensionTag, into writer: inout ByteWriter) {
        switch tag {
        case .treatment:
            guard let treatment else { return }
            writer.u8(tag.rawValue)
            writer.text(treatment, bytesMax: ProtocolLimits.treatmentBytesMax)
        case .roles:
            guard !roles.isEmpty else { return }
            writer.u8(tag.rawValue)
            writer.u16(UInt16(rolesByteCount))
            writer.u8(UInt8(roles.count))
            for role in roles {
                writer.u8(role.player.number)
                writer.text(role.name, bytesMax: ProtocolLimits.roleBytesMax)
            }
        case .pairs:
            guard !pairs.isEmpty else { return }
            precondition(pairs.count <= ProtocolLimits.measuredPairsMax, "so many pairs as may be told")
            writer.u8(tag.rawValue)
            writer.u16(UInt16(pairsByteCount))
            writer.u8(UInt8(pairs.count))
            for entry in pairs {
                writer.u8(entry.pair.lower.number)
                writer.u8(entry.pair.higher.number)
                writer.u32(entry.roundTripUs)
            }
        case .losses:
            guard !losses.isEmpty else { return }
            writer.u8(tag.rawValue)
            writer.u16(UInt16(lossesByteCount))
            writer.u8(UInt8(losses.count))
            for loss in losses {
                writer.u8(loss.player.number)
                writer.u8(loss.reason.rawValue)
                writer.text(loss.text, bytesMax: ProtocolLimits.lossTextBytesMax)
            }
        case .attempts, .start, .relay, .ticks, .absence, .barriers, .episodes, .watch:
            guard let rule = playRules[tag] else { return }
            writer.u8(tag.rawValue)
            writer.u16(UInt16(type(of: rule).byteCount))
            rule.encode(into: &writer)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func unknown(_ entry: Extensions.Unknown) {
        u8(entry.tag)
        blob(entry.bytes, bytesMax: ProtocolLimits.unknownExtensionsBytesMax)
    }
}

extension ByteReader {
    /// - Parameters:
    ///   - playerCount: of the message that the block belongs to.
    ///   - isDemanding: that it is an error here not to know a tag which must be understood.
    @inline(never)
    mutating func extensions(
        _ body: Span<UInt8>, playerCount: Int, isDemanding: Bool
    ) throws(WireError) -> Extensions {
        var content = Extensions.Content()
        let count = try u8(body, "extensions")
        if count == 0 { throw .badValue("extensions") }
        var (last, unknownBytes): (UInt8, Int) = (0, 0)
        for _ in 0..<count {
            let number = try u8(body, "extensions")
            guard number > last else { throw .badValue("extensions") }
            last = number
            let tag = ExtensionTag(rawValue: number)
            if tag == nil, isDemanding, number >= ExtensionTag.firstDemanding { throw .unknownTag(number) }
            let byteCount = Int(try u16(body, "extensions"))
            if tag == nil {
                unknownBytes += byteCount
                if unknownBytes > ProtocolLimits.unknownExtensionsBytesMax { throw .tooMany("extensions") }
            }
            let entry = body.extracting(try range(byteCount, of: body, "extensions"))
            switch tag {
            case .treatment:
                if entry.count > ProtocolLimits.treatmentBytesMax { throw .tooMany("treatment") }
                content.treatment = try label(entry, "treatment")
            case .roles: content.roles = try roles(entry, playerCount: playerCount)
            case .pairs: content.pairs = try pairs(entry, playerCount: playerCount)
            case .losses: content.losses = try losses(entry, playerCount: playerCount)
            case .attempts?, .start?, .relay?, .ticks?, .absence?, .barriers?, .episodes?, .watch?:
                if let tag { try content.playRules.read(tag, entry) }
            case nil:
                let bytes = unsafe entry.withUnsafeBufferPointer { unsafe [UInt8]($0) }
                content.unknown.append(Extensions.Unknown(tag: number, bytes: bytes))
            }
        }
        return Extensions(content)
    }

    private func roles(_ entry: Span<UInt8>, playerCount: Int) throws(WireError) -> [Extensions.Role] {
        var reader = ByteReader()
        let count = try reader.u8(entry, "roles")
        if count == 0 { throw .badValue("roles") }
        var roles: [Extensions.Role] = []
        for _ in 0..<count {
            let index = Int(try reader.u8(entry, "roles"))
            guard index < playerCount, let player = PlayerIndex(exactly: index),
                roles.last.map({ $0.player < player }) ?? true
            else { throw .badValue("roles") }
            let range = try reader.counted(entry, "roles", bytesMax: ProtocolLimits.roleBytesMax)
            roles.append(Extensions.Role(player: player, name: try label(entry.extracting(range), "roles")))
        }
        try reader.finish(entry)
        return roles
    }

    private func pairs(_ entry: Span<UInt8>, playerCount: Int) throws(WireError) -> [PairRoundTrip] {
        var reader = ByteReader()
        let count = Int(try reader.u8(entry, "pairs"))
        if count == 0 { throw .badValue("pairs") }
        if count > ProtocolLimits.measuredPairsMax { throw .tooMany("pairs") }
        var pairs: [PairRoundTrip] = []
        for _ in 0..<count {
            let lower = Int(try reader.u8(entry, "pairs"))
            guard lower < playerCount, let lower = PlayerIndex(exactly: lower) else { throw .badValue("pairs") }
            let higher = Int(try reader.u8(entry, "pairs"))
            guard higher < playerCount, let higher = PlayerIndex(exactly: higher), lower < higher,
                let pair = PlayerPair(lower, higher), pairs.last.map({ $0.pair < pair }) ?? true
            else { throw .badValue("pairs") }
            let roundTripUs = try reader.u32(entry, "pairs")
            guard roundTripUs <= ProtocolLimits.roundTripUsMax else { throw .badValue("pairs") }
            pairs.append(PairRoundTrip(pair, roundTripUs: roundTripUs))
        }
        try reader.finish(entry)
        return pairs
    }

    private func losses(_ entry: Span<UInt8>, playerCount: Int) throws(WireError) -> [PlayerLoss] {
        var reader = ByteReader()
        let count = try reader.u8(entry, "losses")
        if count == 0 { throw .badValue("losses") }
        var losses: [PlayerLoss] = []
        for _ in 0..<count {
            let index = Int(try reader.u8(entry, "losses"))
            guard index < playerCount, let player = PlayerIndex(exactly: index),
                losses.last.map({ $0.player < player }) ?? true
            else { throw .badValue("losses") }
            guard let reason = EndReason(rawValue: try reader.u8(entry, "losses")) else { throw .badValue("losses") }
            let text = try reader.text(entry, "losses", bytesMax: ProtocolLimits.lossTextBytesMax)
            losses.append(PlayerLoss(player, reason, text: text))
        }
        try reader.finish(entry)
        return losses
    }

    /// A text that follows the rules of a name.
    private func label(_ bytes: Span<UInt8>, _ field: String) throws(WireError) -> String {
        let scan = TextScan(bytes)
        guard !bytes.isEmpty, !scan.hasControl, let text = String(copying: bytes, isASCII: scan.isASCII) else {
            throw .badText(field)
        }
        return text
    }
}
