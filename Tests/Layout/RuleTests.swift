import Testing

/// Every rule finds its bad example: a rule that cannot fail checks nothing.
@Suite struct RuleTests {
    @Test(
        "Every way to write an import is seen",
        arguments: [
            ("import Glibc", ["Glibc"]), ("  import  Glibc", ["Glibc"]), ("@testable import Service", ["Service"]),
            ("public import Digests", ["Digests"]), ("@_exported private import Digests", ["Digests"]),
            ("@preconcurrency import struct Foundation.Date", ["Foundation"]), ("internal import func Glibc.read", ["Glibc"]),
            ("import Foundation.NSObject", ["Foundation"]), ("import A; import B", ["A", "B"]), ("import `Glibc`", ["Glibc"]),
            ("@_spi(Testing) import Service", ["Service"]), ("// import Glibc", []), ("/* import Glibc */", []),
            ("let x = \"import Glibc\"", []), ("important()", []), ("let import1 = 2", []),
        ])
    func imports(line: String, modules: [String]) {
        #expect(SourceRules.imports(inCode: SourceText(line).lines[0]) == modules)
    }

    @Test(
        "An import against the arrows is found",
        arguments: [
            ("Sources/Digests/A.swift", "Glibc"), ("Sources/SessionProtocol/A.swift", "FoundationEssentials"),
            ("Sources/Matchmaking/Rooms/A.swift", "Synchronization"), ("Sources/Matchmaking/A.swift", "Coordination"),
            ("Sources/Coordination/A.swift", "WebProtocol"), ("Sources/WebProtocol/A.swift", "Foundation"),
            ("Sources/WebProtocol/A.swift", "Dispatch"), ("Sources/Reactor/A.swift", "WebProtocol"),
            ("Sources/Reactor/A.swift", "FoundationEssentials"), ("Sources/Service/A.swift", "Matchmaking"),
            ("Sources/Service/A.swift", "Dispatch"), ("Sources/matchmaker/A.swift", "Coordination"),
            ("Sources/coordinator/A.swift", "Matchmaking"), ("Sources/greenroom/A.swift", "matchmaker"),
            ("Sources/bench/A.swift", "Simulation"), ("Tests/EchoTarget/main.swift", "Matchmaking"),
            ("Tests/Matchmaking/A.swift", "Service"), ("Tests/Layout/A.swift", "Service"),
            ("Tests/Fuzz/A.swift", "coordinator"), ("Tests/Exits/A.swift", "Service"),
        ])
    func arrows(file: String, module: String) {
        let source = SourceText("// A\n@testable import \(module)\n")
        #expect(SourceRules.arrows(file: file, source: source) == [Finding(file: file, line: 2, problem: "may not import \(module)")])
    }

    @Test("Imports along the arrows are not found")
    func goodArrows() {
        for (module, allowed) in Arrows.allowed where module != "echo-target" {
            let text = allowed.map { "import \($0)\n" }.joined()
            #expect(SourceRules.arrows(file: "Sources/\(module)/A.swift", source: SourceText(text)) == [])
        }
        let test = SourceText("import Testing\nimport Glibc\n@testable import Service\n@testable import WebProtocol")
        #expect(SourceRules.arrows(file: "Tests/Service/A.swift", source: test) == [])
        #expect(SourceRules.arrows(file: "Tests/Fuzz/A.swift", source: SourceText("@testable import Service\nimport Glibc")) == [])
    }

    @Test("A folder that no table knows is found")
    func unknownModule() {
        #expect(SourceRules.arrows(file: "Sources/Extra/A.swift", source: SourceText("")).count == 1)
        #expect(SourceRules.arrows(file: "Tests/Extra/A.swift", source: SourceText("")).count == 1)
        #expect(TreeRules.unexpectedFolders(sources: ["Digests", "Extra"], tests: ["Reactor", "EndToEnd", "More"]) == ["Sources/Extra", "Tests/More"])
    }

    @Test("The table itself has no cycle, and pure modules know nothing but pure ones")
    func table() {
        for module in Arrows.pureModules {
            let allowed = Arrows.allowed[module] ?? []
            #expect(allowed.subtracting(Arrows.pureModules) == [], "\(module)")
        }
        var settled: Set<String> = []
        var rest = Arrows.allowed.mapValues { $0.intersection(Arrows.ownModules) }
        while let next = rest.first(where: { $0.value.isSubset(of: settled) }) {
            settled.insert(next.key)
            rest[next.key] = nil
        }
        #expect(rest.isEmpty)
        #expect(Set(Arrows.allowed.keys) == Arrows.ownModules)
    }

    @Test("A file of 401 lines is found, one of 400 is not")
    func length() {
        #expect(SourceRules.length(file: "a", text: String(repeating: "x\n", count: 401)).count == 1)
        #expect(SourceRules.length(file: "a", text: String(repeating: "x\n", count: 400)) == [])
        #expect(SourceRules.length(file: "a", text: String(repeating: "x\n", count: 400) + "x").count == 1)
    }

    @Test("Traps are found in code and in interpolations, not in comments and texts")
    func traps() {
        let (trying, casting) = ("try" + "!", "as" + "!")
        for bad in ["let x = \(trying) f()", "x \(casting) Int", "\"\\(\(trying) f())\"", "a\n\n#\"\\#(x \(casting)Y)\"#"] {
            #expect(SourceRules.traps(file: "a", source: SourceText(bad)).count == 1, "\(bad)")
        }
        for good in ["// \(trying)", "/* /* */ \(trying) */ x", "\"\(casting)\"", "\"\"\"\n\(trying)\n\"\"\"", "#\"\"\(trying)\"#", "class!", "try x"] {
            #expect(SourceRules.traps(file: "a", source: SourceText(good)) == [], "\(good)")
        }
        #expect(SourceRules.traps(file: "a", source: SourceText("/*\n*/ \"\"\"\n\n\"\"\"\n\(trying) x")).map(\.line) == [5])
    }

    @Test("An end that a server makes past the ledger is found, and what the ledger itself makes is not")
    func endings() {
        for bad in ["let outcome = Outcome(session: id)", "players.map { PlayerOutcome(subject: $0) }", ".append(Transition(session: id))"] {
            for module in ["Matchmaking", "Coordination", "Service", "matchmaker", "coordinator"] {
                #expect(SourceRules.endings(file: "Sources/\(module)/A.swift", source: SourceText(bad)).count == 1, "\(bad)")
            }
            for file in ["Sources/SessionProtocol/A.swift", "Sources/bench/A.swift", "Tests/Matchmaking/A.swift"] {
                #expect(SourceRules.endings(file: file, source: SourceText(bad)) == [])
            }
        }
        let good = "case .outcome(let outcome): hasOutcome(of: id)\nlet outcome: Outcome // Outcome(session: id)"
        #expect(SourceRules.endings(file: "Sources/Matchmaking/A.swift", source: SourceText(good)) == [])
    }

    @Test("Work left for later is found, in comments too")
    func leftovers() {
        #expect(SourceRules.leftovers(file: "a", text: "// TO" + "DO: later").count == 1)
        #expect(SourceRules.leftovers(file: "a", text: "x\n# FIX" + "ME").map(\.line) == [2])
        #expect(SourceRules.leftovers(file: "a", text: "TO" + "DOS, photo") == [])
    }

    @Test("What does not belong at the top is found")
    func topLevel() {
        #expect(TreeRules.unexpectedTopLevel(["Sources", "docs", ".ci", "a.out", "LICENSE", ".gitignore"]) == ["a.out", "docs"])
    }
}

@Suite struct ManifestRuleTests {
    static let good = """
        let strict: [SwiftSetting] = [
            .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .strictMemorySafety(),
        ]
        func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
            .target(name: name, dependencies: dependencies, swiftSettings: strict)
        }
        func tests(_ folder: String, _ dependencies: [Target.Dependency]) -> Target {
            .testTarget(name: "\\(folder)Tests", dependencies: dependencies, path: "Tests/\\(folder)", swiftSettings: strict)
        }
        let package = Package(
            name: "greenroom", products: [.executable(name: "bench", targets: ["bench"])],
            targets: [
                library("Digests"), // a comment, with a comma
                library("SessionProtocol", ["Digests"]),
                .systemLibrary(name: "CLinux"),
                .target(name: "WebAssets", cSettings: [.unsafeFlags(["-std=c23"])]),
                .executableTarget(name: "bench", dependencies: ["CLinux", .target(name: "Service")], swiftSettings: strict),
                tests("Digests", ["Digests"]),
            ]
        )
        """

    static func problems(_ text: String) -> [String] {
        let manifest = Manifest(text)
        return ManifestRules.dependencies(manifest) + ManifestRules.arrows(manifest)
            + ManifestRules.settings(manifest) { $0 != "WebAssets" }
    }

    @Test("The targets of a manifest are read, by helper or in full")
    func reading() {
        let targets = Manifest(Self.good).targets
        #expect(targets.map(\.name) == ["Digests", "SessionProtocol", "CLinux", "WebAssets", "bench", "DigestsTests"])
        #expect(targets.map(\.kind) == [.library, .library, .system, .library, .executable, .test])
        #expect(targets.map(\.dependencies) == [[], ["Digests"], [], [], ["CLinux", "Service"], ["Digests"]])
        #expect(targets[1].settings.contains(".strictMemorySafety()"))
        #expect(Self.problems(Self.good) == [])
    }

    @Test(
        "A manifest against the rules is found",
        arguments: [
            ("products: [", "dependencies: [.package(url: \"u\", from: \"1.0.0\")], products: [", "contains .package("),
            ("products: [", "dependencies: [], products: [", "the package has dependencies"),
            (".target(name: \"Service\")", ".product(name: \"NIO\", package: \"p\")", "bench may not depend on NIO"),
            ("library(\"Digests\")", "library(\"Digests\", [\"CLinux\"])", "Digests may not depend on CLinux"),
            ("(\"SessionProtocol\", [\"Digests\"])", "(\"SessionProtocol\", [\"Service\"])", "SessionProtocol may not depend on Service"),
            ("[\"CLinux\", ", "[\"Simulation\", ", "bench may not depend on Simulation"),
            ("tests(\"Digests\", [\"Digests\"])", "tests(\"Digests\", [\"Service\"])", "DigestsTests may not depend on Service"),
            ("library(\"Digests\")", "library(\"Extra\")", "Extra is not in the table of arrows"),
            (".strictMemorySafety()", "", "Digests lacks .strictMemorySafety()"),
            (".treatAllWarnings(as: .error)", "", "bench lacks .treatAllWarnings(as: .error)"),
            (".swiftLanguageMode(.v6)", ".swiftLanguageMode(.v5)", "Digests lacks .swiftLanguageMode(.v6)"),
            ("library(\"Digests\")", ".target(name: \"Digests\")", "Digests lacks .strictMemorySafety()"),
            (".strictMemorySafety()", ".unsafeFlags([\"-Oun" + "checked\"])", "contains -Oun" + "checked"),
        ])
    func bad(old: String, new: String, problem: String) {
        let text = Self.good.replacing(old, with: new)
        #expect(text != Self.good)
        #expect(Self.problems(text).contains(problem))
    }

    @Test("Comments in a manifest count for nothing")
    func comments() {
        #expect(Self.problems("// .package(url: \"u\")\n" + Self.good) == [])
        #expect(!Self.problems(Self.good.replacing(".strictMemorySafety(),", with: "// .strictMemorySafety(),")).isEmpty)
    }
}
