import Testing

@testable import Service

@Suite struct MistakeTests {
    @Test(
        "A mistake on the command line is one line that names it",
        arguments: [
            (["--listen", "foo"], "--listen: \"foo\" is not HOST:PORT or unix:PATH (see --help)"),
            (["--lisen", "a:1"], "unknown option --lisen; did you mean --listen? (see --help)"),
            (["--no-compres"], "unknown option --no-compres; did you mean --no-compress? (see --help)"),
            (["--no-listen"], "unknown option --no-listen (see --help)"),
            (["--zzzzzzzz=1"], "unknown option --zzzzzzzz (see --help)"),
            (["-v"], "unknown option -v (see --help)"),
            (["--tuning", "1"], "--tuning: cannot be given on the command line (see --help)"),
            (["--listen"], "--listen: needs a value: ADDRESS (see --help)"),
            (["--listen="], "--listen: needs a value: ADDRESS (see --help)"),
            (["--listen", "--trust-proxy"], "--listen: needs a value: ADDRESS (see --help)"),
            (["--name", "a", "--name=a"], "--name: is given twice (see --help)"),
            (["--compress", "--no-compress"], "--compress: is given twice (see --help)"),
            (["serve"], "unexpected argument \"serve\" (see --help)"),
            (["--"], "unexpected argument \"--\" (see --help)"),
            ([""], "unexpected argument \"\" (see --help)"),
            (["--players-max", "65"], "--players-max: 65 is not between 2 and 64 (see --help)"),
            (["--players-max", "-1"], "--players-max: -1 is not between 2 and 64 (see --help)"),
            (["--players-max", "3.5"], "--players-max: \"3.5\" is not a whole number (see --help)"),
            (["--players-max", "99999999999999999999"], "--players-max: \"99999999999999999999\" is not a whole number (see --help)"),
            (["--grace", "soon"], "--grace: \"soon\" is not a time such as 500ms, 15s, 2m or 1h (see --help)"),
            (["--grace", "9223372036854775807h"], "--grace: \"9223372036854775807h\" is not a time such as 500ms, 15s, 2m or 1h (see --help)"),
            (["--grace", "2h"], "--grace: 2h is not between 100ms and 1h (see --help)"),
            (["--frame-max", "1KB"], "--frame-max: \"1KB\" is not a size such as 4096, 64KiB or 1MiB (see --help)"),
            (["--frame-max", "2MiB"], "--frame-max: 2MiB is not between 1KiB and 1MiB (see --help)"),
            (["--colour", "blue"], "--colour: \"blue\" is not one of red, green (see --help)"),
            (["--name", "ninebytes"], "--name: is longer than 8 bytes (see --help)"),
            (["--note", "a\nb"], "--note: contains a control character (see --help)"),
            (["--origins", "a,b,c,d"], "--origins: has more than 3 entries (see --help)"),
            (["--config", "no.json"], "--config: cannot read \"no.json\": No such file or directory"),
        ])
    func commandLine(arguments: [String], line: String) {
        #expect(complaint(arguments) == line)
    }

    @Test("A mistake in the environment names the variable")
    func environment() {
        #expect(
            complaint(environment: ["GREENROOM_LISTEN": "foo"])
                == "GREENROOM_LISTEN: \"foo\" is not HOST:PORT or unix:PATH (see --help)")
        #expect(complaint(environment: ["GREENROOM_TRUST_PROXY": "2"]).hasPrefix("GREENROOM_TRUST_PROXY: "))
        #expect(
            complaint(environment: ["GREENROOM_CONFIG": "no.json"])
                == "GREENROOM_CONFIG: cannot read \"no.json\": No such file or directory")
    }

    @Test("A long path is shown whole: its end tells it from others")
    func longPath() {
        let path = "/srv/" + String(repeating: "folder/", count: 30) + "no.json"
        #expect(complaint(["--config", path]) == "--config: cannot read \"\(path)\": No such file or directory")
    }

    @Test(
        "A mistake in the file names file, line, column and key",
        arguments: [
            ("{\n  \"lisen\": 1}", "c.json:2:3: unknown key \"lisen\"; did you mean listen?"),
            (#"{"scene": []}"#, "c.json:1:2: unknown key \"scene\"; did you mean scenes?"),
            (#"{"config": "x"}"#, "c.json:1:12: config: cannot be given in this file"),
            (#"{"listen": 1}"#, "c.json:1:12: listen: must be a string, not a number"),
            (#"{"listen": null}"#, "c.json:1:12: listen: must be a string, not null"),
            (#"{"listen": "foo"}"#, "c.json:1:12: listen: \"foo\" is not HOST:PORT or unix:PATH"),
            (#"{"playersMax": "3"}"#, "c.json:1:16: playersMax: must be a number, not a string"),
            (#"{"playersMax": 3.5}"#, "c.json:1:16: playersMax: \"3.5\" is not a whole number"),
            (#"{"playersMax": 1}"#, "c.json:1:16: playersMax: 1 is not between 2 and 64"),
            (#"{"trustProxy": 1}"#, "c.json:1:16: trustProxy: must be true or false, not a number"),
            (#"{"grace": true}"#, "c.json:1:11: grace: must be a number or a string, not true"),
            (#"{"origins": "a"}"#, "c.json:1:13: origins: must be an array of strings, not a string"),
            (#"{"origins": [1]}"#, "c.json:1:13: origins: must be an array of strings, not of numbers"),
            (#"{"name": "a", "name": "b"}"#, "c.json:1:15: key \"name\" stands twice"),
            ("[]", "c.json:1:1: must be an object, not an array"),
        ])
    func file(text: String, line: String) {
        #expect(complaint(file: text) == line)
    }

    @Test("Whatever comes from outside, the complaint is one bounded line without control characters")
    func oneLine() {
        let nasty = "\n\u{1B}[31m\u{202E}" + String(repeating: "é", count: 10_000)
        for line in [
            complaint(["--listen", nasty]), complaint(["--\(nasty)"]), complaint([nasty]), complaint(["--config", nasty]),
            complaint(environment: ["GREENROOM_LISTEN": nasty]), complaint(["--config", nasty], files: [nasty: "{"]),
        ] {
            #expect(!line.isEmpty)
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E })
            #expect(line.count < 300)
        }
    }

    @Test("A configuration file over the limit is refused")
    func largeFile() {
        let limit = ConfigurationLimits().fileBytesMax
        let line = complaint(file: String(repeating: " ", count: limit + 1))
        #expect(line == "--config: \"c.json\" is larger than 1MiB")
    }
}

@Suite struct SecretTests {
    @Test("A secret comes from the environment")
    func environment() throws {
        #expect(try values(environment: ["GREENROOM_SECRET": "hush"])[Sample.secret] == "hush")
    }

    @Test("A secret comes from a file, without the closing line end", arguments: ["hush", "hush\n", "hush\r\n"])
    func file(text: String) throws {
        #expect(try values(["--secret-file", "s"], files: ["s": text])[Sample.secret] == "hush")
        #expect(try values(environment: ["GREENROOM_SECRET_FILE": "s"], files: ["s": text])[Sample.secret] == "hush")
    }

    @Test("A file named by a flag goes before the variable, one named otherwise after it")
    func precedence() throws {
        let variable = ["GREENROOM_SECRET": "variable"]
        #expect(try values(["--secret-file", "s"], environment: variable, files: ["s": "file"])[Sample.secret] == "file")
        let both = ["GREENROOM_SECRET": "variable", "GREENROOM_SECRET_FILE": "s"]
        #expect(try values(environment: both, files: ["s": "file"])[Sample.secret] == "variable")
    }

    @Test("A secret as a flag or in the configuration file is refused and not repeated")
    func refused() {
        for arguments in [["--secret", "hush"], ["--secret=hush"]] {
            let line = complaint(arguments)
            #expect(line.hasPrefix("--secret: a secret is not given on the command line; use GREENROOM_SECRET or --secret-file"))
            #expect(!line.contains("hush"))
        }
        let line = complaint(file: #"{"secret": "hush"}"#)
        #expect(line.hasPrefix("c.json:1:12: secret: a secret does not stand in this file; use GREENROOM_SECRET or \"secretFile\""))
        #expect(!line.contains("hush"))
    }

    @Test("A bad secret is reported without showing it")
    func badSecret() {
        let long = String(repeating: "s", count: 5000)
        #expect(complaint(["--secret-file", "s"], files: ["s": long]) == "--secret-file: \"s\": is longer than 4096 bytes (see --help)")
        #expect(complaint(["--secret-file", "s"], files: ["s": "\n"]) == "--secret-file: \"s\" is empty")
        #expect(complaint(["--secret-file", "s"]) == "--secret-file: cannot read \"s\": No such file or directory")
        let result = Sample.program.parse(arguments: ["--secret-file=s"], environment: [:]) { _ throws(FileProblem) in [0xFF] }
        #expect(throws: ConfigurationError("--secret-file", "\"s\" is not UTF-8", pointsToHelp: false)) { try result.get() }
    }
}
