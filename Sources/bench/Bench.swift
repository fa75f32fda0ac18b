import Glibc
import Service

/// `bench`: measures the real servers as processes of their own, or the codec, and prints beside each figure its floor.
///
/// A new command is one type that conforms to `BenchCommand`, in `Commands/`, and one entry in `commands`.
@main
enum Bench {
    /// Everything a user can ask for, in the order in which the help names it.
    static var commands: [any BenchCommand.Type] {
        [
            RelayCommand.self,
            JoinCommand.self,
            CodecCommand.self,
            MatchCommand.self,
            TicksCommand.self,
        ]
    }

    static let program = Program(
        name: "bench",
        summary: "loads the real servers and prints beside each figure its floor, the same work by the barest code in the "
            + "same run. Build it with -c release.",
        commands: commands.map { $0.declaration }, options: CommonSettings.options, readsFile: false)

    /// Roles that `bench` starts itself in, as processes of their own; they listen on descriptor 3.
    static let roles: [String: @Sendable ([String]) throws(BenchError) -> Void] = [
        RelayFloor.role: RelayFloor.main,
        AcceptFloor.role: AcceptFloor.main,
    ]

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            if let name = arguments.first, let role = roles[name] {
                try role(Array(arguments.dropFirst()))
                exit(0)
            }
            let command = program.run { (configuration) throws(ConfigurationError) -> any BenchCommand in
                try make(configuration)
            }
            Interrupt.install()
            try Limits.raiseOpenFiles()
            exit(try command.run() ? 0 : 1)
        } catch {
            Console.errorLine("bench: \(error.message)")
            exit(error.kind.exitCode)
        }
    }

    private static func make(_ configuration: Configuration) throws(ConfigurationError) -> any BenchCommand {
        guard let type = commands.first(where: { $0.declaration.name == configuration.command }) else {
            preconditionFailure("the program knows no other commands")
        }
        return try type.init(configuration)
    }
}
