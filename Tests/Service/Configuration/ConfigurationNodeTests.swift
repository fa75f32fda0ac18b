import Testing

@testable import Service

private func node(_ text: String) throws -> ConfigurationNode {
    try ConfigurationNode.parse(Array(text.utf8), file: "f")
}

private func problem(_ bytes: [UInt8]) -> String {
    do {
        _ = try ConfigurationNode.parse(bytes, file: "f")
        return ""
    } catch {
        return error.description
    }
}

private func problem(_ text: String) -> String { problem(Array(text.utf8)) }

@Suite struct ConfigurationNodeTests {
    @Test(
        "A JSON error has its line and column",
        arguments: [
            ("", "f:1:1: expected a value but the file ends"),
            ("{", "f:1:2: expected a key in quotes but the file ends"),
            ("{\n  \"a\" 1\n}", "f:2:7: expected ':' after the key but found '1'"),
            ("{\"a\": 1,}", "f:1:9: expected a key in quotes but found '}'"),
            ("{\"é\": 1 \"b\": 2}", "f:1:9: expected ',' or '}' after the value but found '\"'"),
            ("[1, 2", "f:1:6: expected ',' or ']' after the value but the file ends"),
            ("[1 2]", "f:1:4: expected ',' or ']' after the value but found '2'"),
            ("{} x", "f:1:4: more text after the end of the JSON value"),
            ("tru", "f:1:4: expected true but the file ends"),
            ("nil", "f:1:2: expected null but found 'i'"),
            ("01", "f:1:2: more text after the end of the JSON value"),
            ("-", "f:1:2: expected a digit but the file ends"),
            ("1.", "f:1:3: expected a digit but the file ends"),
            ("1e+", "f:1:4: expected a digit but the file ends"),
            ("\"abc", "f:1:1: the string has no closing quote"),
            ("\n \"a\nb\"", "f:2:4: control character in a string"),
            ("\"\\x\"", "f:1:2: unknown escape in a string"),
            ("\"\\u12G4\"", "f:1:6: expected four hexadecimal digits but found 'G'"),
            ("\"\\ud800\"", "f:1:2: half of a surrogate pair in a string"),
            ("\"\\ud800\\u0041\"", "f:1:2: half of a surrogate pair in a string"),
            ("\"\\udc00\"", "f:1:2: half of a surrogate pair in a string"),
            ("// a", "f:1:5: expected a value but the file ends"),
            ("{/ \"a\": 1}", "f:1:2: expected a key in quotes but found '/'"),
            ("{ // \"a\n \"b\" 1}", "f:2:6: expected ':' after the key but found '1'"),
        ])
    func errors(text: String, line: String) {
        #expect(problem(text) == line)
    }

    @Test("A file of another encoding is told how to be saved")
    func encodings() {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(problem(mark + Array("{}".utf8)) == "f:1:1: begins with a byte order mark; save the file as UTF-8 without one")
        for bytes in [[0xFF, 0xFE, 0x7B, 0], [0xFE, 0xFF, 0, 0x7B]] as [[UInt8]] {
            #expect(problem(bytes) == "f:1:1: is UTF-16; save the file as UTF-8")
        }
        // In a text it is a character as any other.
        #expect(problem(Array("[\"".utf8) + mark + Array("\"]".utf8)) == "")
    }

    @Test("Comments go to the end of their line, and none begins in a string")
    func comments() throws {
        let node = try node("// one\n{ // {\n \"a\": \"http://b\", \"c\\\"//\": 2 // \"é\"\n}//\r\n// end")
        let members = try node.members()
        #expect(members.map(\.key) == ["a", "c\"//"])
        #expect(try members[0].node.text() == "http://b")
        #expect(try members[1].node.integer(in: 0...9) == 2)
        #expect(throws: ConfigurationError.self) { try ConfigurationNode.parse(Array("[1 /* a */]".utf8), file: "f") }
    }

    @Test("A number with a fraction is within its range, and never infinite", arguments: ["1e999", "-1e999", "\"1\"", "2.5", "-1", "null"])
    func badDecimals(text: String) throws {
        let node = try node(text)
        #expect(throws: ConfigurationError.self) { try node.decimal(in: 0...2) }
    }

    @Test("A number with a fraction keeps it")
    func decimals() throws {
        #expect(try node("0.25").decimal(in: 0...1) == 0.25)
        #expect(try node("-1e2").decimal(in: -100...0) == -100)
    }

    @Test("A string that is not UTF-8 is an error")
    func invalidUTF8() {
        #expect(problem([0x22, 0xC3, 0x22]) == "f:1:1: the string is not UTF-8")
        #expect(problem([0xFF]) == "f:1:1: expected a value")
    }

    @Test("Escapes mean what RFC 8259 says")
    func escapes() throws {
        guard case .string(let text) = try node(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#).value else {
            Issue.record("no string")
            return
        }
        #expect(text == "\"\\/\u{8}\u{C}\n\r\té😀")
    }

    @Test("Nesting is bounded")
    func depth() {
        #expect(problem(String(repeating: "[", count: 100_000)).hasSuffix("nested deeper than 32 levels"))
        #expect(problem(String(repeating: "[", count: 33) + String(repeating: "]", count: 33)) == "")
    }

    @Test("Cutting a file anywhere gives an error, never a trap")
    func truncated() {
        let text = Array(#"{"a": [1, -2.5e3, "x\u00e9\n", true, false, null], "b": {"c": {}}, "é": []}"#.utf8)
        #expect(problem(text) == "")
        for length in 0..<text.count {
            #expect(problem(Array(text[..<length])) != "", "\(length)")
        }
    }

    @Test("Changed bytes give a value or an error, never a trap")
    func mutated() {
        let text = Array(#"{"a": [1, -2.5e3, "x\u00e9\n", true], "b": {"c": "\ud83d\ude00"}}"#.utf8)
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[position] = byte
                _ = problem(changed)
            }
        }
    }

    @Test("A structured value is read by keys; what is wrong names its path")
    func reading() throws {
        let text = #"[{"name": "duo", "size": 2, "wait": "15s", "open": true, "colour": "red", "at": "h:1"}]"#
        let scene = try node(text).elements(countMax: 1)[0]
            .object(keys: ["name", "size", "wait", "open", "colour", "at", "buffer"])
        #expect(try scene.required("name").text() == "duo")
        #expect(try scene.required("size").integer(in: 1...9) == 2)
        #expect(try scene.required("wait").durationMs(in: 0...60_000) == 15_000)
        #expect(try scene.required("open").boolean())
        #expect(try scene.required("colour").choice(of: Colour.self) == .red)
        #expect(try scene.required("at").option(.address) == .address(.tcp(host: "h", port: 1)))
        #expect(scene["buffer"] == nil)

        func failure(_ body: () throws(ConfigurationError) -> Void) -> String {
            do {
                try body()
                return ""
            } catch {
                return error.description
            }
        }
        #expect(failure { () throws(ConfigurationError) in _ = try scene.required("buffer") } == "f:1:2: [0]: lacks \"buffer\"")
        #expect(
            failure { () throws(ConfigurationError) in _ = try scene.required("size").integer(in: 3...9) }
                == "f:1:26: [0].size: 2 is not between 3 and 9")
        #expect(
            failure { () throws(ConfigurationError) in _ = try scene.required("name").choice(of: Colour.self) }
                == "f:1:11: [0].name: \"duo\" is not one of red, green")
        #expect(
            failure { () throws(ConfigurationError) in _ = try scene.node.object(keys: ["nam", "size", "wait", "open", "colour", "at"]) }
                == "f:1:3: [0]: unknown key \"name\"; did you mean nam?")
    }
}

@Suite struct NotationTests {
    @Test(
        "Addresses that are well formed",
        arguments: [
            ("127.0.0.1:80", AddressText.tcp(host: "127.0.0.1", port: 80)), ("localhost:0", .tcp(host: "localhost", port: 0)),
            ("[::1]:65535", .tcp(host: "::1", port: 65_535)), ("[fe80::1%eth0]:1", .tcp(host: "fe80::1%eth0", port: 1)),
            ("unix:/a b:1", .unix(path: "/a b:1")), ("unix:x", .unix(path: "x")),
        ])
    func addresses(text: String, address: AddressText) {
        #expect(AddressText(text) == address)
        #expect(address.description == text)
    }

    @Test(
        "Addresses that are not",
        arguments: [
            "", ":", ":80", "host", "host:", "host:65536", "host:-1", "host:+1", "host:080000", "::1:80", "[::1]", "[]:80",
            "[host]:80", "ho st:80", "host:8 0", "unix:", "unix:" + String(repeating: "a", count: 108), "http://a:80", "hé:80",
        ])
    func badAddresses(text: String) {
        #expect(AddressText(text) == nil)
    }

    @Test("Durations and sizes are written with their largest whole unit and read back")
    func units() {
        let pairs = [(0, "0ms"), (1, "1ms"), (1500, "1500ms"), (15_000, "15s"), (60_000, "1m"), (90_000, "90s"), (7_200_000, "2h")]
        for (value, text) in pairs {
            #expect(Units.milliseconds.text(of: value) == text)
            #expect(Units.milliseconds.value(of: text) == value)
        }
        #expect(Units.bytes.value(of: "3MiB") == 3_145_728)
        #expect(Units.bytes.value(of: "-1") == nil)
        #expect(Units.bytes.value(of: "1 KiB") == nil)
        #expect(Units.bytes.value(of: "٣") == nil)
    }

    @Test("The edit distance counts insertions, deletions, replacements and swaps, up to a limit")
    func distance() {
        #expect(editDistance("listen", "listen", atMost: 2) == 0)
        #expect(editDistance("lisen", "listen", atMost: 2) == 1)
        #expect(editDistance("lsiten", "listen", atMost: 2) == 1)
        #expect(editDistance("kitten", "sitting", atMost: 5) == 3)
        #expect(editDistance("kitten", "sitting", atMost: 2) == 3)
        #expect(editDistance("", "ab", atMost: 2) == 2)
        #expect(editDistance("abc", "", atMost: 2) == 3)
    }
}
