import Testing

@testable import Service

@Suite struct HelpTests {
    @Test("--help and --version print, whatever else stands on the line", arguments: ["--help", "-h", "--version"])
    func first(argument: String) throws {
        guard case .print(let text) = try parse(["--nonsense", argument, "stray"]).get() else {
            Issue.record("does not print")
            return
        }
        #expect(text.hasSuffix("\n"))
        #expect(text.hasPrefix("matchmaker \(Version.text)"))
    }

    @Test("--version is the name and the version on one line")
    func version() throws {
        guard case .print(let text) = try parse(["--version"]).get() else {
            Issue.record("does not print")
            return
        }
        #expect(text == "matchmaker \(Version.text)\n")
    }

    @Test("No line of the help page is wider than 80 columns or ends in a space")
    func width() {
        for line in Sample.program.helpPage.split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
    }

    @Test("The help page names every option with its default and its variable")
    func everyOption() {
        let page = Sample.program.helpPage
        let words = Set(page.split { $0 == " " || $0 == "\n" }.map(String.init))
        for option in Sample.program.options where option.sources.contains(.flag) {
            #expect(words.contains(option.flagName) || words.contains("--no-\(option.name)"), "\(option.name)")
            #expect(words.contains("[\(option.environmentName)]"), "\(option.name)")
        }
        #expect(page.contains("Default: 127.0.0.1:8080."))
        #expect(page.contains("Default: 15s."))
        #expect(page.contains("Default: 64KiB."))
        #expect(page.contains("  --colour red|green        A colour. Default: red. [GREENROOM_COLOUR]\n"))
        #expect(page.contains("  --link-connect ADDRESS    Where the other side is. [GREENROOM_LINK_CONNECT]\n"))
        #expect(page.contains("\"scenes\": the kinds of games."))
        #expect(!words.contains("--secret"))
        #expect(words.contains("GREENROOM_SECRET"))
    }

    @Test("Sections stand once each, in the order of declaration, the general one last")
    func sections() {
        let lines = Sample.program.helpPage.split(separator: "\n").map(String.init)
        let headings = lines.filter { ["Network", "Game", "Link", "General"].contains($0) }
        #expect(headings == ["Network", "Game", "Link", "General"])
    }

    @Test("What the help page calls a default can be given as a flag with the same meaning")
    func defaultsAreValues() throws {
        for option in Sample.program.options where option.sources.contains(.flag) && option.kind != .flag {
            guard let fallback = option.fallback, fallback != .list([]) else { continue }
            let text = option.kind.text(of: fallback)
            #expect(try option.kind.value(of: text) == fallback)
        }
    }
}
