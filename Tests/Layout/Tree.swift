import FoundationEssentials

/// The repository that this file lies in.
struct Tree {
    let root: String
    /// Every file of ours that people read, by its path from the root.
    let files: [String]

    private static let readable: Set<String> = ["swift", "c", "h", "js", "css", "html", "py", "sh", "modulemap"]
    private static let roots = ["Package.swift", "Sources", "Tests", "proto", "compose", ".ci"]

    init(thisFile: String = #filePath) {
        root = thisFile.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        var files: [String] = []
        for start in Self.roots { Self.collect(root: root, path: start, into: &files) }
        self.files = files.sorted()
    }

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// The names inside of a folder.
    func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(path)")
    }

    /// The folders inside of a folder.
    func folders(_ path: String) throws -> [String] {
        try names(path).filter { Self.isFolder("\(root)/\(path)/\($0)") }
    }

    private static func collect(root: String, path: String, into files: inout [String]) {
        let full = "\(root)/\(path)"
        if isFolder(full) {
            // Test tools leave caches beside the sources.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: full)) ?? []
            where !name.hasPrefix(".") && !name.hasPrefix("__") && name != "node_modules" {
                collect(root: root, path: "\(path)/\(name)", into: &files)
            }
        } else if let ending = path.split(separator: ".").last, readable.contains(String(ending)) {
            files.append(path)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
}
