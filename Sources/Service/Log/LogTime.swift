/// Writes times as RFC 3339 in UTC with milliseconds; lines of the same second share the work.
struct LogTime {
    private var second = Int64.min
    private var prefix: [UInt8] = []

    /// Appends `2026-01-02T03:04:05.678Z`.
    /// - Parameter unixMs: milliseconds since 1970.
    mutating func append(unixMs: Int64, to buffer: inout [UInt8]) {
        // The years that four digits can say.
        let clamped = min(max(unixMs, 0), 253_402_300_799_999)
        let (seconds, ms) = clamped.quotientAndRemainder(dividingBy: 1000)
        if seconds != second {
            second = seconds
            formatSecond()
        }
        buffer.append(contentsOf: prefix)
        Self.appendDigits(ms, count: 3, to: &buffer)
        buffer.append(UInt8(ascii: "Z"))
    }

    private mutating func formatSecond() {
        let (days, secondOfDay) = second.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.civil(days: days)
        prefix.removeAll(keepingCapacity: true)
        Self.appendDigits(year, count: 4, to: &prefix)
        prefix.append(UInt8(ascii: "-"))
        Self.appendDigits(month, count: 2, to: &prefix)
        prefix.append(UInt8(ascii: "-"))
        Self.appendDigits(day, count: 2, to: &prefix)
        prefix.append(UInt8(ascii: "T"))
        Self.appendDigits(secondOfDay / 3600, count: 2, to: &prefix)
        prefix.append(UInt8(ascii: ":"))
        Self.appendDigits(secondOfDay / 60 % 60, count: 2, to: &prefix)
        prefix.append(UInt8(ascii: ":"))
        Self.appendDigits(secondOfDay % 60, count: 2, to: &prefix)
        prefix.append(UInt8(ascii: "."))
    }

    /// The date of a day counted from 1970-01-01. Counting years from March puts the leap day at the end of the year, and
    /// the months' lengths then follow (153 m + 2) / 5.
    static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func appendDigits(_ value: Int64, count: Int, to buffer: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
