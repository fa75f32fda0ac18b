import Glibc

/// `bench`: measures the real servers as processes of their own and prints beside each figure its floor.
///
/// A new subcommand is one type that conforms to `BenchCommand`, in `Commands/`, and one entry in `commands`.
@main
enum Bench {
    /// Everything a user can ask for, in the order in which the help names it.
    static var commands: [any BenchCommand.Type] {
        [
            RelayCommand.self,
            JoinCommand.self,
        ]
    }

    /// Roles that `bench` starts itself in, as processes of their own; they listen on descriptor 3.
    static let roles: [String: @Sendable ([String]) throws(BenchError) -> Void] = [
        RelayFloor.role: RelayFloor.main,
        AcceptFloor.role: AcceptFloor.main,
    ]

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first else {
            Console.errorLine(help)
            exit(2)
        }
        if name == "--help" || name == "-h" || name == "help" {
            Console.line(help)
            exit(0)
        }
        do {
            exit(try run(name, Array(arguments.dropFirst())) ? 0 : 1)
        } catch {
            Console.errorLine("bench: \(error.message)")
            exit(error.kind.exitCode)
        }
    }

    /// Runs a role or a command; true when everything it demands was met.
    private static func run(_ name: String, _ arguments: [String]) throws(BenchError) -> Bool {
        if let role = roles[name] {
            try role(arguments)
            return true
        }
        guard let command = commands.first(where: { $0.name == name }) else {
            throw .usage("unknown command '\(name)'; see bench --help")
        }
        if arguments.contains("--help") || arguments.contains("-h") {
            Console.line(command.help)
            return true
        }
        let options = try Options(arguments, known: command.options, command: name)
        Interrupt.install()
        try Limits.raiseOpenFiles()
        return try command.run(options)
    }

    private static var help: String {
        let list = commands.map { "  \($0.name.padded(to: 8)) \($0.summary)" }.joined(separator: "\n")
        return """
            usage: bench COMMAND [OPTION]...

            Starts the real servers, loads them, and prints beside each figure its floor: the same
            work by the barest code, measured in the same run.

            \(list)

            bench COMMAND --help lists a command's options. Build with -c release: a debug build measures
            little of interest. Exit status: 0 done, 1 failed or (with --check) a target missed, 2 wrong usage.
            """
    }
}
