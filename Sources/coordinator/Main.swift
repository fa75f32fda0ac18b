import Reactor
import Service

@main
enum Main {
    static func main() {
        let program = CoordinatorOptions.program
        let settings = program.run { (configuration) throws(ConfigurationError) -> CoordinatorSettings in
            try CoordinatorSettings(configuration)
        }
        do {
            let server = try CoordinatorServer(settings)
            try server.run()
        } catch {
            program.fail(ConfigurationError("", "\(error)", pointsToHelp: false))
        }
    }
}
