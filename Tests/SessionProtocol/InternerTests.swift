import Testing

@testable import SessionProtocol

@Suite("Interner")
struct InternerTests {
    @Test("a value has one number as long as anybody holds it")
    func numbers() {
        var interner = Interner<String>()
        let a = interner.hold("a")
        let b = interner.hold("b")
        #expect(a != 0 && b != 0 && a != b)
        #expect(interner.hold("a") == a)
        #expect(interner.hold("a") == a)
        #expect(interner.holdKnown("b") == b)
        #expect(interner.value(of: a) == "a" && interner.value(of: b) == "b")
        #expect(interner.holdKnown("c") == 0)
        #expect(interner.count == 2)
        for _ in 0..<2 { interner.release(a) }
        #expect(interner.number(of: "a") == a)
        interner.release(a)
        #expect(interner.number(of: "a") == 0)
        #expect(interner.value(of: a) == nil)
        #expect(interner.count == 1)
    }

    @Test("the number of a value that nobody holds is another's afterwards, also where it was held last")
    func reuse() {
        var interner = Interner<String>()
        let first = interner.hold("a")
        interner.release(first)
        let second = interner.hold("b")
        #expect(second == first)
        #expect(interner.hold("a") != second)
        #expect(interner.value(of: second) == "b")
        #expect(interner.hold("b") == second)
        interner.release(second)
        interner.release(second)
        #expect(interner.number(of: "b") == 0)
        #expect(interner.number(of: "a") != 0)
    }

    @Test("a number is held as its value is")
    func byNumber() {
        var interner = Interner<String>()
        let number = interner.hold("a")
        interner.hold(number: number)
        interner.release(number)
        #expect(interner.value(of: number) == "a")
        interner.release(number)
        #expect(interner.count == 0)
        interner.hold(number: 0)
        interner.release(0)
        #expect(interner.count == 0)
    }
}
