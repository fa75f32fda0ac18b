/// Small numbers for values that many things have, as long as any has: a number takes less memory than its value, and is
/// compared faster. 0 is no value's.
public struct Interner<Value: Hashable & Sendable>: Sendable {
    private var numbers: [Value: UInt32] = [:]
    private var values: [Value?] = [nil]
    private var uses: [UInt32] = [0]
    private var free: [UInt32] = []
    /// The number that was held last; the next value is often the same.
    private var latest: UInt32 = 0

    public init() {}

    /// Values that are in use.
    public var count: Int { numbers.count }

    /// The value's number, used once more.
    public mutating func hold(_ value: Value) -> UInt32 {
        if latest != 0, values[Int(latest)] == value {
            uses[Int(latest)] += 1
            return latest
        }
        latest = numbers[value] ?? give(value)
        uses[Int(latest)] += 1
        return latest
    }

    private mutating func give(_ value: Value) -> UInt32 {
        let number: UInt32
        if let old = free.popLast() {
            number = old
            values[Int(number)] = value
        } else {
            number = UInt32(values.count)
            values.append(value)
            uses.append(0)
        }
        numbers[value] = number
        return number
    }

    /// The number of a value that is in use, used once more; 0 for any other.
    public mutating func holdKnown(_ value: Value) -> UInt32 {
        guard let number = numbers[value] else { return 0 }
        uses[Int(number)] += 1
        return number
    }

    /// The number of a value that is in use; 0 for any other.
    public func number(of value: Value) -> UInt32 { numbers[value] ?? 0 }

    /// Nil for a number that nobody holds.
    public func value(of number: UInt32) -> Value? { values[Int(number)] }

    /// A number that somebody holds, used once more.
    public mutating func hold(number: UInt32) {
        if number != 0 { uses[Int(number)] += 1 }
    }

    /// Uses it once less; a number that nobody uses stands for another value later.
    public mutating func release(_ number: UInt32) {
        guard number != 0 else { return }
        uses[Int(number)] -= 1
        guard uses[Int(number)] == 0, let value = values[Int(number)] else { return }
        numbers[value] = nil
        values[Int(number)] = nil
        free.append(number)
        if latest == number { latest = 0 }
    }
}
