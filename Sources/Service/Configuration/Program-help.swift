extension Program {
    static let pageWidth = 80
    private static let helpColumn = 28

    /// The page that `--help` prints: at most 80 columns as far as the names of the options allow.
    public var helpPage: String {
        var page = Self.wrapped("\(versionLine): \(summary)", indent: 0).joined(separator: "\n")
        page += "\n\nUsage: \(name)\(commands.isEmpty ? "" : " COMMAND") [OPTIONS]\n"
        if !commands.isEmpty {
            page += "\nCommands\n"
            for command in commands {
                page += Self.entry(command.name, command.help)
                for option in command.options {
                    page += Self.entry("  \(Self.left(option))", Self.right(option))
                }
            }
        }
        var sections: [String] = []
        for option in options where option.section != Self.generalSection && !sections.contains(option.section) {
            sections.append(option.section)
        }
        for section in sections + [Self.generalSection] {
            page += "\n\(section)\n"
            for option in options where option.section == section {
                page += Self.entry(Self.left(option), Self.right(option))
            }
        }
        page += Self.entry("--help", "Print this page.")
        page += Self.entry("--version", "Print the version.")
        let notations = (commands.flatMap(\.options) + options).compactMap(Self.notation)
        if !notations.isEmpty {
            var known: [String] = []
            for notation in notations where !known.contains(notation) { known.append(notation) }
            page += "\n" + Self.wrapped(known.joined(separator: " "), indent: 0).joined(separator: "\n") + "\n"
        }
        if readsFile {
            let keys = structuredKeys.map { " \"\($0.name)\": \($0.help)" }.joined()
            page += "\n"
            page += Self.wrapped(
                "A flag goes before the environment, the environment before the file. "
                    + "The file is a JSON object; its keys are the names of the options in camelCase."
                    + (keys.isEmpty ? "" : " Beside them:\(keys)"), indent: 0
            ).joined(separator: "\n")
            page += "\n"
        }
        return page
    }

    /// How a placeholder is written, for the kinds that have a notation of their own.
    private static func notation(_ option: OptionDeclaration) -> String? {
        switch option.kind {
        case .address: "\(option.placeholder): HOST:PORT or unix:PATH."
        case .duration: "\(option.placeholder): 500ms, 15s, 2m, 1h; a bare number is milliseconds."
        case .bytes: "\(option.placeholder): 4096, 64KiB, 1MiB."
        case .list: "\(option.placeholder): entries with commas between them."
        case .text, .integer, .flag, .choice, .path: nil
        }
    }

    private static func left(_ option: OptionDeclaration) -> String {
        if option.isSecret { return option.environmentName }
        if !option.sources.contains(.flag) {
            return option.sources.contains(.environment) ? option.environmentName : "\"\(option.fileKey)\""
        }
        switch option.kind {
        case .flag: return option.fallback == .flag(true) ? "--no-\(option.name)" : option.flagName
        case .text, .integer, .duration, .bytes, .choice, .path, .address, .list:
            return "\(option.flagName) \(option.placeholder)"
        }
    }

    private static func right(_ option: OptionDeclaration) -> String {
        var text = option.help
        if option.isSecret {
            text += " Environment only."
            return text
        }
        switch option.fallback {
        case nil, .flag, .list([]): break
        case .some(let value): text += " Default: \(option.kind.text(of: value))."
        }
        if option.sources.contains([.flag, .environment]) {
            text += " [\(option.environmentName)]"
        }
        return text
    }

    /// One line of the left column with its text at the right, wrapped.
    private static func entry(_ left: String, _ right: String) -> String {
        var lines = wrapped(right, indent: helpColumn)
        if left.count + 4 <= helpColumn {
            let first = lines.removeFirst().dropFirst(left.count + 2)
            lines.insert("  \(left)\(first)", at: 0)
        } else {
            lines.insert("  \(left)", at: 0)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Lines of at most `pageWidth` columns; a longer word stands alone.
    private static func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > pageWidth {
                lines.append(margin + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        lines.append(margin + line)
        return lines
    }
}
