/// The round trip between two who wait, as far as it can be told, and the zones by which the pool is searched.
///
/// What counts is, in this order: the round trip that the two were measured to have; the table of regions; the sum of
/// both members' round trips to this server. One that cannot be told is within no cap, and so waits for the step
/// that has none.
struct LatencyZones: Sendable {
    static let unknownMs = UInt16.max
    static let anyMs = UInt32.max

    private let regions: [String: UInt16]
    /// By region times the number of regions; `anyMs` for a pair that the table does not have.
    private let table: [UInt32]
    private let count: Int
    let attribute: String?

    /// Without a rule there is one zone, of which nothing can be told.
    init(_ rule: LatencyRule?) {
        let rule = rule ?? LatencyRule(steps: [])
        var regions: [String: UInt16] = [:]
        for pair in rule.regions {
            for name in [pair.first, pair.second] where regions[name] == nil {
                regions[name] = UInt16(clamping: regions.count + 1)
            }
        }
        count = regions.count + 1
        var table = [UInt32](repeating: Self.anyMs, count: count * count)
        for pair in rule.regions {
            guard let first = regions[pair.first], let second = regions[pair.second] else { continue }
            table[Int(first) * count + Int(second)] = pair.roundTripMs
            table[Int(second) * count + Int(first)] = pair.roundTripMs
        }
        self.regions = regions
        self.table = table
        attribute = rule.regionAttribute
    }

    /// 0 for a subject whose region is not in the table.
    func region(of attributes: Attributes) -> UInt16 {
        guard let attribute, case .text(let name)? = attributes[attribute] else { return 0 }
        return regions[name] ?? 0
    }

    /// Nil when it cannot be told.
    func estimateMs(_ a: (region: UInt16, pingMs: UInt16), _ b: (region: UInt16, pingMs: UInt16)) -> UInt32? {
        let known = table[Int(a.region) * count + Int(b.region)]
        if known != Self.anyMs { return known }
        guard a.pingMs != Self.unknownMs, b.pingMs != Self.unknownMs else { return nil }
        return UInt32(a.pingMs) + UInt32(b.pingMs)
    }

    // MARK: Zones

    /// Subjects of one zone are alike for a search: of one region, or else with pings in one band.
    func zone(region: UInt16, pingMs: UInt16) -> UInt16 { region != 0 ? Self.bands + region : Self.band(pingMs) }

    private static let bands: UInt16 = 9
    /// Who may be anywhere: parties of several zones.
    static let mixed = UInt16.max

    /// Band 0 is unknown, band n begins at 5 ms times two to the power of n − 1, and the first at 0.
    private static func band(_ pingMs: UInt16) -> UInt16 {
        if pingMs == unknownMs { return 0 }
        var band: UInt16 = 1
        while band < bands - 1, pingMs >= 5 << band { band += 1 }
        return band
    }

    /// Whether the unit's own ping may say who of a zone is within a cap.
    func asksPing(_ unit: (region: UInt16, pingMs: UInt16), zone: UInt16) -> Bool {
        if zone == Self.mixed { return false }
        return zone <= Self.bands || table[Int(unit.region) * count + Int(zone - Self.bands)] == Self.anyMs
    }

    /// False when nobody in the zone can be within the cap, whoever it is. Measured pairs are not asked.
    func isWithin(_ capMs: UInt32, _ unit: (region: UInt16, pingMs: UInt16), zone: UInt16) -> Bool {
        if capMs == Self.anyMs || zone == Self.mixed { return true }
        if zone > Self.bands {
            let known = table[Int(unit.region) * count + Int(zone - Self.bands)]
            return known == Self.anyMs ? unit.pingMs != Self.unknownMs : known <= capMs
        }
        guard zone > 0, unit.pingMs != Self.unknownMs else { return false }
        let leastMs: UInt32 = zone == 1 ? 0 : 5 << UInt32(zone - 1)
        return UInt32(unit.pingMs) + leastMs <= capMs
    }
}
