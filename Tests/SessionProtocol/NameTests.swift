import Testing

@testable import SessionProtocol

/// Names as identifiers keep them, beside the texts that they stand for.
struct NameTests {
    private func name(_ text: String) throws -> Name { try Name(text, bytesMax: 128) }

    private func encoded(_ name: Name) -> [UInt8] { ByteWriter.bytes(2 + name.byteCount) { $0.name(name) } }

    private func decoded(_ bytes: [UInt8]) throws -> Name {
        var reader = ByteReader()
        let name = try reader.name(bytes.span, "name", bytesMax: 128)
        try reader.finish(bytes.span)
        return name
    }

    @Test("a name of any length is kept, written and read as it is", arguments: 1...128)
    func lengths(count: Int) throws {
        let bytes = (0..<count).map { UInt8(0x21 + ($0 * 7) % 90) }
        let text = String(decoding: bytes, as: UTF8.self)
        let name = try name(text)
        #expect(name.text == text)
        #expect(name.byteCount == count)
        #expect(encoded(name) == [0, UInt8(count)] + bytes)
        #expect(try decoded(encoded(name)) == name)
    }

    @Test("every byte of a name counts", arguments: [1, 7, 8, 9, 23, 24, 25, 64, 128])
    func differences(count: Int) throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "m"), count: count)
        let plain = try name(String(decoding: bytes, as: UTF8.self))
        for index in 0..<count {
            for (byte, isBefore) in [(UInt8(ascii: "l"), true), (UInt8(ascii: "n"), false)] {
                var other = bytes
                other[index] = byte
                let changed = try name(String(decoding: other, as: UTF8.self))
                #expect(changed != plain)
                #expect((changed < plain) == isBefore)
                #expect((plain < changed) != isBefore)
            }
        }
        #expect(try name(String(decoding: bytes.dropLast() + [UInt8(ascii: "m")], as: UTF8.self)) == plain)
    }

    @Test("a name and its beginnings are different names, the shorter first")
    func beginnings() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 40)
        let names = try (1...40).map { try name(String(decoding: bytes[..<$0], as: UTF8.self)) }
        #expect(Set(names).count == 40)
        for (shorter, longer) in zip(names, names.dropFirst()) { #expect(shorter < longer && !(longer < shorter)) }
    }

    @Test("spellings that Unicode holds to be the same are the same name", arguments: [
        ("\u{E9}", "e\u{301}"), ("Ame\u{301}lie", "Am\u{E9}lie"), ("\u{212A}elvin", "Kelvin"), ("a\u{37E}b", "a;b"),
        ("\u{1FEF}", "`"), ("\u{AC00}", "\u{1100}\u{1161}"), ("\u{1E69}", "s\u{307}\u{323}"),
        ("long enough to lie behind it: \u{212A}", "long enough to lie behind it: K"),
    ])
    func spellings(first: String, second: String) throws {
        #expect(first == second)
        let (a, b) = (try name(first), try name(second))
        #expect(a == b)
        #expect(a.hashValue == b.hashValue)
        #expect(!(a < b) && !(b < a))
        #expect(a.text.utf8.elementsEqual(first.utf8))
    }

    /// Equal names must hash alike, and ASCII names are hashed by their bytes.
    @Test("no other character than those three is the same as an ASCII one")
    func plainSpellings() throws {
        let scalars = (0x80...0x10FFFF).lazy.compactMap(Unicode.Scalar.init)
        // Strings are in the order of their normal form.
        let plain = scalars.filter { String($0) < "\u{80}" }
        #expect(Array(plain) == ["\u{37E}", "\u{1FEF}", "\u{212A}"])
    }
}
