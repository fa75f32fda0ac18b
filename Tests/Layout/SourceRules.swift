/// One thing that is wrong, and where.
struct Finding: Equatable, CustomStringConvertible {
    let file: String
    let line: Int
    let problem: String

    var description: String { "\(file):\(line): \(problem)" }
}

/// Rules over the text of single files; each is a pure function.
enum SourceRules {
    static let linesMax = 400

    /// The modules that a line of code imports: `import A`, `@testable public import struct A.B`, several with semicolons.
    static func imports(inCode line: Substring) -> [String] {
        line.split(separator: ";").compactMap { statement in
            var words = statement.split { $0 == " " || $0 == "\t" }[...]
            let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
            while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
            guard words.first == "import" else { return nil }
            words.removeFirst()
            let kinds: Set<Substring> = ["typealias", "struct", "class", "enum", "protocol", "let", "var", "func"]
            if let word = words.first, kinds.contains(word) { words.removeFirst() }
            guard let path = words.first else { return nil }
            let module = path.split(separator: ".").first ?? path
            return module.filter { $0 != "`" }
        }
    }

    /// Imports against the arrows.
    static func arrows(file: String, source: SourceText) -> [Finding] {
        guard Arrows.owner(ofFile: file) != nil else { return [] }
        guard let allowed = Arrows.allowedImports(ofFile: file) else {
            return [Finding(file: file, line: 1, problem: "its module is not in the table of arrows")]
        }
        return source.lines.enumerated().flatMap { number, line in
            imports(inCode: line).filter { !allowed.contains($0) && $0 != "Swift" }.map {
                Finding(file: file, line: number + 1, problem: "may not import \($0)")
            }
        }
    }

    /// Files that nobody can read at one sitting.
    static func length(file: String, text: String) -> [Finding] {
        let count = text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
        guard count > linesMax else { return [] }
        return [Finding(file: file, line: count, problem: "has \(count) lines, more than \(linesMax)")]
    }

    /// Code that traps on what the outside sends.
    static func traps(file: String, source: SourceText) -> [Finding] {
        find(["try" + "!", "as" + "!"], in: source.lines, file: file)
    }

    /// The modules of the servers, to which `SessionProtocol` says how sessions end.
    static let endingModules: Set<String> = ["Matchmaking", "Coordination", "Service", "matchmaker", "coordinator"]

    /// Outcomes and changes of state that are made elsewhere than in `SessionProtocol`: its ledger makes those of both processes.
    static func endings(file: String, source: SourceText) -> [Finding] {
        guard let owner = Arrows.owner(ofFile: file), !owner.isTest, endingModules.contains(owner.module) else { return [] }
        return find(["Outcome(", "PlayerOutcome(", "Transition("], in: source.lines, file: file)
    }

    /// Work that is left for later; it belongs into an issue.
    static func leftovers(file: String, text: String) -> [Finding] {
        find(["TO" + "DO", "FIX" + "ME"], in: text.split(separator: "\n", omittingEmptySubsequences: false), file: file)
    }

    /// Words as wholes: `as!` is not found in `class!`, but `x as!Y` is.
    private static func find(_ words: [String], in lines: [Substring], file: String) -> [Finding] {
        lines.enumerated().flatMap { number, line in
            words.filter { contains($0, in: line) }.map {
                Finding(file: file, line: number + 1, problem: "contains \($0)")
            }
        }
    }

    private static func contains(_ word: String, in line: Substring) -> Bool {
        let isWordCharacter = { (character: Character) in character.isLetter || character.isNumber || character == "_" }
        return line.ranges(of: word).contains { range in
            let startsWord = range.lowerBound == line.startIndex || !isWordCharacter(line[line.index(before: range.lowerBound)])
            let endsWord =
                range.upperBound == line.endIndex || !isWordCharacter(line[range.upperBound])
                || word.hasSuffix("!") || word.hasSuffix("(")
            return startsWord && endsWord
        }
    }
}

/// Rules over the tree's shape.
enum TreeRules {
    static let topLevel: Set<String> = ["Package.swift", "Sources", "Tests", "proto", "compose", "README.md", "LICENSE"]
    static let tests: Set<String> = ["EndToEnd", "EchoTarget", "Fuzz", "Layout", "Mutants"]

    /// What does not belong at the top; names with a dot in front do.
    static func unexpectedTopLevel(_ names: [String]) -> [String] {
        names.filter { !topLevel.contains($0) && !$0.hasPrefix(".") }.sorted()
    }

    /// Folders of Sources and Tests that no table knows.
    static func unexpectedFolders(sources: [String], tests names: [String]) -> [String] {
        sources.filter { Arrows.allowed[$0] == nil }.sorted().map { "Sources/\($0)" }
            + names.filter { Arrows.allowed[$0] == nil && Arrows.joint[$0] == nil && !tests.contains($0) }.sorted().map { "Tests/\($0)" }
    }
}
