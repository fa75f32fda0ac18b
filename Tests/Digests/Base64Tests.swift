import Digests
import Testing

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test("base64 both ways for RFC 4648's texts", arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, encoded: String) throws {
        #expect(Base64.standard.encode(Array(plain.utf8)) == encoded)
        #expect(try Base64.standard.decode(encoded) == Array(plain.utf8))
        let unpadded = encoded.filter { $0 != "=" }
        #expect(Base64.url.encode(Array(plain.utf8)) == unpadded)
        #expect(try Base64.url.decode(unpadded) == Array(plain.utf8))
    }

    @Test("the alphabets differ in their last two characters and do not accept each other's")
    func alphabets() throws {
        #expect(Base64.standard.encode([0xfb, 0xff, 0xbf]) == "+/+/")
        #expect(Base64.url.encode([0xfb, 0xff, 0xbf]) == "-_-_")
        #expect(throws: Base64Error.character(at: 0)) { try Base64.url.decode("+/+/") }
        #expect(throws: Base64Error.character(at: 0)) { try Base64.standard.decode("-_-_") }
    }

    @Test("what no encoder writes is refused", arguments: [
        (Base64.standard, "Zg", Base64Error.length), (.standard, "Zg=", .length), (.standard, "Zg===", .length),
        (.standard, "Z===", .character(at: 1)), (.standard, "====", .character(at: 0)),
        (.standard, "Zh==", .strayBits), (.standard, "Zm9=", .strayBits),
        (.standard, "Zg==Zg==", .character(at: 2)), (.standard, "Zm 9", .character(at: 2)),
        (.standard, "Zm9v\n\n\n\n", .character(at: 4)), (.standard, "Zm\u{e9}v", .length),
        (.url, "Zg==", .character(at: 2)), (.url, "Z", .length), (.url, "Zh", .strayBits),
    ])
    func strict(alphabet: Base64, text: String, error: Base64Error) {
        #expect(throws: error) { try alphabet.decode(text) }
    }

    @Test("all byte values and all lengths come back")
    func roundTrip() throws {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 251 &* $0 &+ length) }
            #expect(try Base64.standard.decode(Base64.standard.encode(bytes)) == bytes)
            #expect(try Base64.url.decode(Base64.url.encode(bytes)) == bytes)
        }
    }
}
