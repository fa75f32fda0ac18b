/// Small numbers for values that some who wait have, as long as they wait: 0 is nobody's.
struct Interner<Value: Hashable & Sendable>: Sendable {
    private var numbers: [Value: UInt32] = [:]
    private var values: [Value?] = [nil]
    private var uses: [UInt32] = [0]
    private var free: [UInt32] = []

    var count: Int { numbers.count }

    /// The value's number, used once more.
    mutating func hold(_ value: Value) -> UInt32 {
        if let number = numbers[value] {
            uses[Int(number)] += 1
            return number
        }
        let number: UInt32
        if let old = free.popLast() {
            number = old
            values[Int(number)] = value
            uses[Int(number)] = 1
        } else {
            number = UInt32(values.count)
            values.append(value)
            uses.append(1)
        }
        numbers[value] = number
        return number
    }

    /// The number of a value that is in use, used once more; 0 for any other.
    mutating func holdKnown(_ value: Value) -> UInt32 {
        guard let number = numbers[value] else { return 0 }
        uses[Int(number)] += 1
        return number
    }

    func number(of value: Value) -> UInt32 { numbers[value] ?? 0 }

    func value(of number: UInt32) -> Value? { values[Int(number)] }

    mutating func hold(number: UInt32) {
        if number != 0 { uses[Int(number)] += 1 }
    }

    /// Uses it once less; a number that nobody uses stands for another value later.
    mutating func release(_ number: UInt32) {
        guard number != 0 else { return }
        uses[Int(number)] -= 1
        guard uses[Int(number)] == 0, let value = values[Int(number)] else { return }
        numbers[value] = nil
        values[Int(number)] = nil
        free.append(number)
    }
}
