import Testing

/// The rules, applied to this repository.
@Suite struct TreeTests {
    let tree = Tree()

    @Test("The repository is found, and its sources are seen")
    func found() throws {
        #expect(tree.files.contains("Package.swift"))
        #expect(tree.files.contains("Tests/Layout/TreeTests.swift"))
        for module in ["Digests", "SessionProtocol", "Service", "matchmaker"] {
            #expect(tree.files.contains { $0.hasPrefix("Sources/\(module)/") }, "\(module)")
        }
    }

    @Test("Every import goes along the arrows")
    func arrows() throws {
        let findings = try tree.files.flatMap { SourceRules.arrows(file: $0, source: SourceText(try tree.text($0))) }
        #expect(findings == [])
    }

    @Test("No file has more than 400 lines")
    func length() throws {
        let findings = try tree.files.flatMap { SourceRules.length(file: $0, text: try tree.text($0)) }
        #expect(findings == [])
    }

    @Test("No code traps on what comes from outside by a forced try or cast")
    func traps() throws {
        let swift = tree.files.filter { $0.hasSuffix(".swift") }
        let findings = try swift.flatMap { SourceRules.traps(file: $0, source: SourceText(try tree.text($0))) }
        #expect(findings == [])
    }

    @Test("Both servers' sessions end by the one ledger")
    func endings() throws {
        let findings = try tree.files.flatMap { SourceRules.endings(file: $0, source: SourceText(try tree.text($0))) }
        #expect(findings == [])
    }

    @Test("Nothing is left for later in the sources")
    func leftovers() throws {
        let findings = try tree.files.flatMap { SourceRules.leftovers(file: $0, text: try tree.text($0)) }
        #expect(findings == [])
    }

    @Test("Nothing unexpected lies at the top or among the modules")
    func shape() throws {
        #expect(TreeRules.unexpectedTopLevel(try tree.names("")) == [])
        #expect(TreeRules.unexpectedFolders(sources: try tree.folders("Sources"), tests: try tree.folders("Tests")) == [])
    }

    @Test("The package has no dependency, its targets follow the arrows, every check of the compiler is on")
    func manifest() throws {
        let manifest = Manifest(try tree.text("Package.swift"))
        #expect(ManifestRules.dependencies(manifest) == [])
        #expect(ManifestRules.arrows(manifest) == [])
        let swiftModules = Set(tree.files.compactMap { Arrows.owner(ofFile: $0)?.module })
        #expect(ManifestRules.settings(manifest) { swiftModules.contains($0) } == [])
        // Every folder of Sources is a target: the rules have seen them all.
        let names = Set(manifest.targets.map(\.name))
        #expect(Set(try tree.folders("Sources")).subtracting(names) == [])
    }
}
