extension MatchingRules {
    /// The kinds of rules that are set, by their names in a scene file.
    public var kinds: [String] {
        var kinds: [String] = []
        if !smallerGroups.isEmpty { kinds.append("smallerGroups") }
        if latency != nil { kinds.append("latency") }
        if skill != nil { kinds.append("skill") }
        if !attributes.isEmpty { kinds.append("attributes") }
        if roles != nil { kinds.append("roles") }
        if encounters != .any { kinds.append("encounters") }
        if partySizeMax > 1 { kinds.append("parties") }
        if bots != nil { kinds.append("bots") }
        return kinds
    }
}
