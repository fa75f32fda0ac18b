/// The versions of the session protocol that this module speaks. A link speaks the greatest one that both ends know; what is
/// new in a later version is never sent to an end that speaks an earlier one.
public enum ProtocolVersion {
    /// The one that every handshake is held in.
    public static let first: UInt8 = 1
    /// Adds extensions of assignments and outcomes.
    public static let extended: UInt8 = 2
    public static let latest = extended
    public static let spoken: ClosedRange<UInt8> = first...latest

    /// The greatest version in both ranges; nil when they have none in common.
    static func common(_ a: ClosedRange<UInt8>, _ b: ClosedRange<UInt8>) -> UInt8? {
        a.overlaps(b) ? min(a.upperBound, b.upperBound) : nil
    }

    /// "1", or "1 to 2".
    static func words(_ versions: ClosedRange<UInt8>) -> String {
        versions.count == 1 ? "\(versions.lowerBound)" : "\(versions.lowerBound) to \(versions.upperBound)"
    }
}
