import Digests
import Testing

@testable import SessionProtocol

/// Names are judged eight bytes at a time; here they are held to the rule itself, byte by byte.
@Suite struct NameDecodingTests {
    /// What a decoder makes of a scene's name; nil when it refuses it as `badText`.
    func decoded(_ name: [UInt8]) throws -> String? {
        let body = [UInt8(name.count >> 8), UInt8(name.count & 0xff)] + name
        var reader = ByteReader()
        do throws(WireError) {
            let text = try reader.name(body.span, "scene", bytesMax: 128)
            try reader.finish(body.span)
            return text.text
        } catch {
            #expect(error == .badText("scene"))
            return nil
        }
    }

    /// The rule: UTF-8, not empty, no control character.
    func expected(_ name: [UInt8]) -> String? {
        let isName = !name.isEmpty && name.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        return isName ? String(validating: name, as: UTF8.self) : nil
    }

    @Test("every byte is judged by itself, wherever it stands and whatever stands beside it")
    func everyByte() throws {
        for count in [1, 2, 7, 8, 9, 16, 17, 23, 24, 25, 26] {
            for place in 0..<count {
                for byte in 0...255 as ClosedRange<UInt8> {
                    for neighbour in [0x20, 0x7E] as [UInt8] {
                        var name = [UInt8](repeating: neighbour, count: count)
                        name[place] = byte
                        #expect(try decoded(name) == expected(name), "\(name)")
                    }
                }
            }
        }
    }

    @Test("random names, of bytes around each bound and of scalars of every length, are judged by the rule")
    func random() throws {
        var generator = SeededGenerator(number: 3)
        let bytes: [UInt8] = [0x1F, 0x20, 0x41, 0x7E, 0x7F, 0x80, 0x9F, 0xC2, 0xC3, 0xED, 0xF0, 0xFF]
        let scalars = ["a", "~", "é", "\u{85}", "日", "🜨", "\u{7F}"]
        for _ in 0..<20_000 {
            let isText = Bool.random(using: &generator)
            let count = Int.random(in: 0...30, using: &generator)
            let name = (0..<count).flatMap { _ -> [UInt8] in
                isText ? Array(scalars.randomElement(using: &generator)!.utf8) : [bytes.randomElement(using: &generator)!]
            }
            #expect(try decoded(name) == expected(name), "\(name)")
        }
    }

    @Test("a subject sits once, whoever sits between, in rosters of either way to compare")
    func twice() {
        for count in [2, 3, 15, 16, 17, 40] {
            let names = (0..<count).map { "a subject with \($0)" }
            for (first, second) in [(0, count - 1), (count - 2, count - 1), (0, 1)] {
                #expect(refusal(of: seated(names)) == nil)
                var same = names
                same[second] = same[first]
                #expect(refusal(of: seated(same)) == .duplicateSubject, "\(count): \(first), \(second)")
            }
        }
    }

    @Test("two spellings of one name are one subject, also when only one of them is ASCII")
    func spellings() {
        for (one, other) in [("K", "\u{212A}"), ("x;y", "x\u{37E}y"), ("\u{E9}", "e\u{301}"), ("\u{C5}", "\u{212B}")] {
            #expect(refusal(of: seated([one, "between", other])) == .duplicateSubject, "\(one)")
            #expect(refusal(of: seated([other, "between", one])) == .duplicateSubject, "\(other)")
        }
    }

    /// The frame of an assignment for these, which an encoder of ours does not look at.
    func seated(_ names: [String]) -> [UInt8] {
        var players = roster(names.count)
        for (place, name) in names.enumerated() { players[place].subject = subject(name) }
        return encoded(.assign(assignment(players)))
    }
}
