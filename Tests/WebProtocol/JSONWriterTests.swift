import Testing
import WebProtocol

@Suite struct JSONWriterTests {
    func written(_ write: (inout JSONWriter) -> Void) -> String {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes, write)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("objects and arrays nest, with commas where they belong")
    func structure() {
        let text = written { json in
            json.object { json in
                json.member("a", 1)
                json.key("b")
                json.array { json in
                    json.value(2)
                    json.array { _ in }
                    json.object { _ in }
                    json.object { $0.member("c", true) }
                    json.null()
                    json.raw(Array("1e400".utf8))
                    json.value("x")
                }
                json.member("d", ifPresent: nil)
                json.member("e", ifPresent: "f")
            }
        }
        #expect(text == #"{"a":1,"b":[2,[],{},{"c":true},null,1e400,"x"],"e":"f"}"#)
    }

    @Test("what is in the buffer before stays")
    func appends() {
        var bytes = Array("x ".utf8)
        JSONWriter.append(to: &bytes) { $0.value(1) }
        #expect(String(decoding: bytes, as: UTF8.self) == "x 1")
        var writer = JSONWriter(bytes)
        writer.value(false)
        #expect(String(decoding: writer.finish(), as: UTF8.self) == "x 1false")
    }

    @Test("texts are escaped where JSON asks for it and nowhere else")
    func escapes() {
        #expect(written { $0.value("a\"b\\c/d") } == #""a\"b\\c/d""#)
        #expect(written { $0.value("\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{10}\u{7f}") } == "\"\\b\\t\\n\\f\\r\\u0000\\u001f\\u0010\u{7f}\"")
        #expect(written { $0.value("κ☂😀") } == "\"κ☂😀\"")
        #expect(written { $0.object { $0.member("a\"", "") } } == #"{"a\"":""}"#)
    }

    @Test("numbers of every width are exact")
    func numbers() {
        #expect(written { $0.value(0) } == "0")
        #expect(written { $0.value(Int.min) } == "-9223372036854775808")
        #expect(written { $0.value(UInt64.max) } == "18446744073709551615")
        #expect(written { $0.value(UInt8(200)) } == "200")
        #expect(written { $0.value(Int32(-10)) } == "-10")
        #expect(written { $0.value(1.5) } == "1.5")
        #expect(written { $0.value(1e300) } == "1e+300")
        #expect(written { $0.value(Double.infinity) } == "null")
        #expect(written { $0.value(-Double.nan) } == "null")
    }
}
