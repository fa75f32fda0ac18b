/// Bounds of everything that a scene file may say; `compose/scenes.schema.json` has the same.
enum SceneFileLimits {
    static let scenesMax = 1024
    static let waitingMax = 10_000_000
    /// Every pair is validated, so the work grows with the square of the group.
    static let validatedGroupMax = 16
    static let durationMs = 100...604_800_000
    /// Of what happens after a wait: 0 is at once.
    static let afterMs = 0...604_800_000
    /// Round trips, as caps and in tables.
    static let roundTripMs = 1...60_000
    static let iceServersMax = 16
    static let originsMax = 64
    /// Issuers and audiences of tokens.
    static let tokenNameBytesMax = 256
    /// Steps of one rule.
    static let stepsMax = 32
    static let smallerGroupsMax = 32
    static let encountersInMax = 16
    static let regionPairsMax = 1024
    static let attributeRulesMax = 16
    /// Names of attributes, roles, regions and treatments.
    static let nameBytesMax = 64
    /// Of skills and their differences. Sums of two of them stay exact enough to compare.
    static let skillMax = 1e12
    static let treatmentsMax = 64
    static let weightMax = 1_000
    static let quotaMax = 1_000_000_000
    /// What every reader of JSON can hold exactly.
    static let seedMax = 9_007_199_254_740_991
}
