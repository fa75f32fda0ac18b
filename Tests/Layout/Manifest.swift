/// The targets of a package manifest, read from its text: calls of `.target` and its kin, and of the manifest's own helpers
/// such as `library("X", […])`, whose settings are those of the helper.
struct Manifest {
    enum Kind: String, CaseIterable {
        case library = "target"
        case executable = "executableTarget"
        case test = "testTarget"
        case system = "systemLibrary"
        case binary = "binaryTarget"
        case plugin = "plugin"
        case macro = "macro"
    }

    struct Target: Equatable {
        let kind: Kind
        let name: String
        let dependencies: [String]
        /// The text of its Swift settings; a name is replaced by its definition.
        let settings: String
    }

    private(set) var targets: [Target] = []
    /// What `Package(…)` is called with, as far as it is not inside of its targets.
    private(set) var packageArguments: [(label: String, text: String)] = []
    let text: String

    init(_ source: String) {
        text = Self.withoutComments(source)
        var definitions: [(String, String)] = []
        // `let x: [SwiftSetting] = […]`
        for range in text.ranges(of: ": [SwiftSetting] = ") {
            let before = text[..<range.lowerBound]
            let name = String(String(before.reversed()).prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed())
            definitions.append((name, Self.balanced(text[range.upperBound...])))
        }
        func resolve(_ settings: String) -> String {
            definitions.first { $0.0 == settings.filter { !$0.isWhitespace } }?.1 ?? settings
        }

        var helpers: [String: (kind: Kind, settings: String)] = [:]
        for range in text.ranges(of: "func ") {
            let name = String(text[range.upperBound...].prefix { $0.isLetter || $0.isNumber })
            guard let brace = text[range.upperBound...].firstIndex(of: "{") else { continue }
            let body = Self.balanced(text[brace...])
            for kind in Kind.allCases {
                guard let call = body.firstRange(of: ".\(kind.rawValue)(") else { continue }
                let arguments = Self.arguments(of: body[body.index(before: call.upperBound)...])
                helpers[name] = (kind, resolve(arguments.first { $0.label == "swiftSettings" }?.text ?? ""))
            }
        }

        guard let package = text.firstRange(of: "Package(") else { return }
        packageArguments = Self.arguments(of: text[text.index(before: package.upperBound)...])
        let list = packageArguments.first { $0.label == "targets" }?.text ?? ""
        for element in Self.elements(of: list) {
            guard let open = element.firstIndex(of: "(") else { continue }
            let callee = element[..<open].filter { !$0.isWhitespace && $0 != "." }
            let arguments = Self.arguments(of: element[open...])
            let dependencies = arguments.first { $0.label == "dependencies" }?.text
            if let helper = helpers[callee] {
                let plain = arguments.filter { $0.label.isEmpty }.map(\.text)
                let name = Self.unquoted(plain.first ?? "")
                targets.append(
                    Target(
                        kind: helper.kind, name: helper.kind == .test ? "\(name)Tests" : name,
                        dependencies: Self.names(in: dependencies ?? plain.dropFirst().first ?? ""),
                        settings: helper.settings))
            } else if let kind = Kind(rawValue: callee) {
                targets.append(
                    Target(
                        kind: kind, name: Self.unquoted(arguments.first { $0.label == "name" }?.text ?? ""),
                        dependencies: Self.names(in: dependencies ?? ""),
                        settings: resolve(arguments.first { $0.label == "swiftSettings" }?.text ?? "")))
            }
        }
    }

    // MARK: Reading

    /// The text up to the bracket that closes the first one.
    private static func balanced(_ text: Substring) -> String {
        var depth = 0
        var isQuoted = false
        for index in text.indices {
            if text[index] == "\"" { isQuoted.toggle() }
            guard !isQuoted else { continue }
            if "([{".contains(text[index]) { depth += 1 }
            if ")]}".contains(text[index]) {
                depth -= 1
                if depth == 0 { return String(text[...index]) }
            }
        }
        return String(text)
    }

    /// The arguments of a call whose opening parenthesis comes first.
    private static func arguments(of text: Substring) -> [(label: String, text: String)] {
        elements(of: balanced(text)).map { argument in
            let label = argument.prefix { $0.isLetter }
            guard !label.isEmpty, argument[label.endIndex...].first == ":" else { return ("", argument) }
            return (String(label), trimmed(argument[label.endIndex...].dropFirst()))
        }
    }

    /// What stands between the commas of a bracketed text, at its own level.
    private static func elements(of text: String) -> [String] {
        var result: [String] = []
        var current = ""
        var depth = 0
        var isQuoted = false
        for character in text.dropFirst().dropLast() {
            if character == "\"" { isQuoted.toggle() }
            if !isQuoted {
                if "([{".contains(character) { depth += 1 }
                if ")]}".contains(character) { depth -= 1 }
                if character == ",", depth == 0 {
                    result.append(current)
                    current = ""
                    continue
                }
            }
            current.append(character)
        }
        result.append(current)
        return result.map { trimmed($0[...]) }.filter { !$0.isEmpty }
    }

    private static func names(in list: String) -> [String] {
        elements(of: list).map { element in
            // `.product(name: "X", package: "y")` and `.target(name: "X")`: the first quoted text is the name.
            guard let open = element.firstIndex(of: "\"") else { return element }
            return String(element[element.index(after: open)...].prefix { $0 != "\"" })
        }
    }

    private static func unquoted(_ text: String) -> String { text.filter { $0 != "\"" } }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// The text without comments; strings stay, since names stand in them.
    private static func withoutComments(_ source: String) -> String {
        source.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var isQuoted = false
            var previous: Character = " "
            for index in line.indices {
                if line[index] == "\"", previous != "\\" { isQuoted.toggle() }
                if !isQuoted, line[index] == "/", previous == "/" { return String(line[..<line.index(before: index)]) }
                previous = line[index]
            }
            return String(line)
        }.joined(separator: "\n")
    }
}

/// Rules over the manifest; each is a pure function and gives what is wrong.
enum ManifestRules {
    /// Nothing comes from outside of the repository.
    static func dependencies(_ manifest: Manifest) -> [String] {
        var problems: [String] = []
        for word in [".package(", ".product(", ".binaryTarget(", ".plugin(", ".macro("] where manifest.text.contains(word) {
            problems.append("contains \(word)")
        }
        if manifest.packageArguments.contains(where: { $0.label == "dependencies" }) {
            problems.append("the package has dependencies")
        }
        if manifest.text.contains("package.dependencies") { problems.append("the package gets dependencies") }
        return problems
    }

    /// Targets depend on each other only along the arrows.
    static func arrows(_ manifest: Manifest) -> [String] {
        manifest.targets.flatMap { target in
            let isTest = target.kind == .test
            let module = isTest && target.name.hasSuffix("Tests") ? String(target.name.dropLast(5)) : target.name
            let isShared = target.kind == .library && Arrows.joint[module] != nil
            let known = isTest && module == "Layout" ? [] : (isTest || isShared ? Arrows.joint[module] : nil) ?? Arrows.allowed[module]
            guard var allowed = known else { return ["\(target.name) is not in the table of arrows"] }
            allowed.formUnion(isTest ? ["Digests", "Conversations", module] : Arrows.builtBeside[module] ?? [])
            return target.dependencies.filter { !allowed.contains($0) }.map { "\(target.name) may not depend on \($0)" }
        }
    }

    /// Every check of the compiler is on, and none is taken away.
    static func settings(_ manifest: Manifest, isSwift: (String) -> Bool) -> [String] {
        var problems: [String] = []
        for target in manifest.targets {
            let needs: [String]
            switch target.kind {
            case .library: needs = isSwift(target.name) ? [".treatAllWarnings(as: .error)", ".strictMemorySafety()", ".swiftLanguageMode(.v6)"] : []
            case .executable, .test: needs = [".treatAllWarnings(as: .error)", ".swiftLanguageMode(.v6)"]
            case .system, .binary, .plugin, .macro: needs = []
            }
            problems += needs.filter { !target.settings.contains($0) }.map { "\(target.name) lacks \($0)" }
        }
        for word in ["-Oun" + "checked", "-suppress-warnings", "-no-warnings-as-errors", ".treatWarning("]
        where manifest.text.contains(word) {
            problems.append("contains \(word)")
        }
        return problems
    }
}
