import Testing

@testable import Service

@Suite struct SourcesTests {
    @Test("Without any source every option has its default")
    func defaults() throws {
        let configuration = try values()
        #expect(configuration[Sample.listen] == .tcp(host: "127.0.0.1", port: 8080))
        #expect(configuration[Sample.linkConnect] == nil)
        #expect(configuration[Sample.name] == "node")
        #expect(configuration[Sample.note] == nil)
        #expect(configuration[Sample.players] == 8)
        #expect(configuration[Sample.grace] == 15_000)
        #expect(configuration[Sample.frame] == 65_536)
        #expect(!configuration[Sample.proxy])
        #expect(configuration[Sample.compress])
        #expect(configuration[Sample.colour] == .red)
        #expect(configuration[Sample.data] == "./data")
        #expect(configuration[Sample.origins] == [])
        #expect(configuration[Sample.secret] == nil)
        #expect(configuration.origin(of: Sample.listen) == .fallback)
        #expect(configuration.warnings == [])
        #expect(configuration[structured: "scenes"] == nil)
    }

    @Test("Flags take their value after a space or an equals sign")
    func flags() throws {
        let configuration = try values([
            "--listen", "unix:/run/a.sock", "--link-connect=[::1]:9000", "--players-max", "2", "--grace=2m", "--frame-max",
            "64KiB", "--trust-proxy", "--no-compress", "--colour=green", "--origins", "https://a.example,https://b.example",
            "--note=a=b --c",
        ])
        #expect(configuration[Sample.listen] == .unix(path: "/run/a.sock"))
        #expect(configuration[Sample.linkConnect] == .tcp(host: "::1", port: 9000))
        #expect(configuration[Sample.players] == 2)
        #expect(configuration[Sample.grace] == 120_000)
        #expect(configuration[Sample.frame] == 65_536)
        #expect(configuration[Sample.proxy])
        #expect(!configuration[Sample.compress])
        #expect(configuration[Sample.colour] == .green)
        #expect(configuration[Sample.origins] == ["https://a.example", "https://b.example"])
        #expect(configuration[Sample.note] == "a=b --c")
    }

    @Test("A switch takes true and false behind an equals sign, and never the next argument")
    func switches() throws {
        #expect(try values(["--trust-proxy=true"])[Sample.proxy])
        #expect(try !values(["--compress=off"])[Sample.compress])
        #expect(complaint(["--trust-proxy", "true"]) == "unexpected argument \"true\" (see --help)")
        #expect(complaint(["--no-compress=true"]) == "--no-compress: takes no value (see --help)")
        #expect(complaint(["--trust-proxy=maybe"]).contains("\"maybe\" is neither true nor false"))
    }

    @Test("A flag goes before the environment, the environment before the file, the file before the default")
    func precedence() throws {
        let environment = ["GREENROOM_CONFIG": "c.json", "GREENROOM_PLAYERS_MAX": "5", "GREENROOM_GRACE": "5s"]
        let files = ["c.json": #"{"playersMax": 4, "grace": 4000, "frameMax": "4KiB"}"#]
        let configuration = try values(["--grace", "6s"], environment: environment, files: files)
        #expect(configuration[Sample.grace] == 6000)
        #expect(configuration.origin(of: Sample.grace) == .flag)
        #expect(configuration[Sample.players] == 5)
        #expect(configuration.origin(of: Sample.players) == .environment)
        #expect(configuration[Sample.frame] == 4096)
        #expect(configuration.origin(of: Sample.frame) == .file)
        #expect(configuration[Sample.colour] == .red)
    }

    @Test("A wrong value is reported even where a source of higher precedence has a good one")
    func wrongBelow() {
        #expect(complaint(["--grace", "6s"], environment: ["GREENROOM_GRACE": "x"]).hasPrefix("GREENROOM_GRACE: "))
    }

    @Test("The flag --config goes before GREENROOM_CONFIG")
    func configPath() throws {
        let files = ["a.json": #"{"name": "a"}"#, "b.json": #"{"name": "b"}"#]
        let environment = ["GREENROOM_CONFIG": "b.json"]
        #expect(try values(environment: environment, files: files)[Sample.name] == "b")
        #expect(try values(["--config=a.json"], environment: environment, files: files)[Sample.name] == "a")
    }

    @Test("An empty environment variable counts as unset")
    func emptyVariable() throws {
        #expect(try values(environment: ["GREENROOM_LISTEN": ""])[Sample.listen] == .tcp(host: "127.0.0.1", port: 8080))
    }

    @Test("The file's types are its own: numbers, booleans, strings and arrays")
    func fileTypes() throws {
        let text = """
            {"listen": "0.0.0.0:80", "playersMax": 3, "grace": "15s", "frameMax": 2048, "trustProxy": true,
             "colour": "green", "origins": ["https://a.example"], "tuning": 9, "secretFile": "s"}
            """
        let configuration = try values(["--config", "c.json"], files: ["c.json": text, "s": "hush"])
        #expect(configuration[Sample.listen] == .tcp(host: "0.0.0.0", port: 80))
        #expect(configuration[Sample.players] == 3)
        #expect(configuration[Sample.grace] == 15_000)
        #expect(configuration[Sample.frame] == 2048)
        #expect(configuration[Sample.proxy])
        #expect(configuration[Sample.colour] == .green)
        #expect(configuration[Sample.origins] == ["https://a.example"])
        #expect(configuration[Sample.fileOnly] == 9)
        #expect(configuration[Sample.secret] == "hush")
    }

    @Test("A structured key is handed over with its own bytes")
    func structured() throws {
        let text = #"{"name": "x", "scenes": [ {"name": "duo"} ] , "grace": 100}"#
        let node = try #require(try values(["--config=c.json"], files: ["c.json": text])[structured: "scenes"])
        #expect(String(decoding: node.bytes, as: UTF8.self) == #"[ {"name": "duo"} ]"#)
        #expect(node.path == "scenes")
    }

    @Test("A command is one bare word among the flags")
    func commands() throws {
        let program = Program(
            name: "bench", summary: "measures",
            commands: [Command("relay", help: "Relay."), Command("join", help: "Join.")],
            options: [Sample.players], readsFile: false)
        #expect(try values(["--players-max", "3", "join"], program: program).command == "join")
        #expect(complaint(program: program) == "a command is missing; it is one of relay, join (see --help)")
        #expect(complaint(["rely"], program: program) == "unknown command \"rely\"; did you mean relay? (see --help)")
        #expect(complaint(["relay", "join"], program: program) == "unexpected argument \"join\" (see --help)")
        #expect(complaint(["relay", "--config", "x"], program: program).hasPrefix("unknown option --config"))
    }

    @Test("A command has options of its own, behind it, and another may have the same with another default")
    func optionsOfCommands() throws {
        let few = Option.integer("rounds", in: 1...9, default: 3, section: "Load", sources: .flag, help: "Rounds.")
        let many = Option.integer("rounds", in: 1...99, default: 9, section: "Load", sources: .flag, help: "Rounds.")
        let depths = Option.list("depths", default: ["1", "8"], section: "Load", sources: .flag, help: "Depths.")
        let program = Program(
            name: "bench", summary: "measures",
            commands: [
                Command("relay", help: "Relay.", options: [many, depths]), Command("join", help: "Join.", options: [few]),
            ], options: [Sample.players], readsFile: false)
        #expect(try values(["join"], program: program)[few] == 3)
        #expect(try values(["relay"], program: program)[many] == 9)
        #expect(try values(["relay"], program: program)[depths] == ["1", "8"])
        let given = try values(["--players-max=3", "relay", "--rounds", "50", "--depths", "2"], program: program)
        #expect(given[many] == 50)
        #expect(given[depths] == ["2"])
        #expect(given[Sample.players] == 3)
        #expect(complaint(["join", "--rounds", "50"], program: program) == "--rounds: 50 is not between 1 and 9 (see --help)")
        #expect(complaint(["join", "--depths", "2"], program: program) == "unknown option --depths (see --help)")
        #expect(complaint(["--rounds", "5", "join"], program: program) == "unknown option --rounds (see --help)")

        #expect(program.helpPage.contains("  relay                     Relay.\n    --rounds N              Rounds. Default: 9.\n"))
        #expect(program.helpPage.contains("  join                      Join.\n    --rounds N              Rounds. Default: 3.\n"))
        guard case .print(let page) = try parse(["join", "--help"], program: program).get() else {
            Issue.record("does not print")
            return
        }
        #expect(page.hasPrefix("bench join \(Version.text): Join.\n\nUsage: bench join [OPTIONS]\n"))
        #expect(page.contains("Default: 3.") && page.contains("--players-max") && !page.contains("--depths"))
    }

    @Test("An unknown GREENROOM_ variable gives a warning, those of other programs and other names do not")
    func unknownVariables() throws {
        let environment = ["GREENROOM_LISTN": "x", "GREENROOM_CAPACITY": "9", "HOME": "/", "GREENROOM_LISTEN": "h:1"]
        let configuration = try values(environment: environment)
        #expect(
            configuration.warnings == [
                "environment variable GREENROOM_LISTN is not known and ignored; did you mean GREENROOM_LISTEN?"
            ])
    }

    @Test("An error that the program finds itself names the source of the value")
    func ownErrors() throws {
        let configuration = try values(["--name", "a"], environment: ["GREENROOM_NOTE": "b"])
        #expect(configuration.error(Sample.name, "is taken").description == "--name: is taken (see --help)")
        #expect(configuration.error(Sample.note, "is odd").description == "GREENROOM_NOTE: is odd (see --help)")
        #expect(configuration.error(Sample.secret, "is missing").subject == "GREENROOM_SECRET")
    }
}
