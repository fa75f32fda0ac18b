/// A configuration file as it was read: where a byte stands is worked out only when there is something to say about it.
struct ConfigurationText: Sendable {
    /// The file's name as it was given.
    let file: String
    let bytes: [UInt8]

    /// An error about what begins at an offset: `file.json:3:14: scenes[2].name: is empty`. Lines, and columns in
    /// characters, are counted from 1.
    func error(at offset: Int, path: String = "", _ problem: String) -> ConfigurationError {
        var line = 1
        var column = 1
        for byte in bytes[..<offset] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                // Continuation bytes belong to the character before them.
                column += 1
            }
        }
        let place = "\(printablePath(file)):\(line):\(column)"
        return ConfigurationError(path.isEmpty ? place : "\(place): \(path)", problem, pointsToHelp: false)
    }
}
