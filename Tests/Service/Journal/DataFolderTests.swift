import Glibc
import SessionProtocol
import Synchronization
import Testing

@testable import Service

@Suite struct DataFolderTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("A second process is refused while the first one has the folder, and not afterwards")
    func lock() throws {
        do {
            let first = try DataFolder(path: folder.path)
            let error = #expect(throws: DataFolderError.self) { try DataFolder(path: first.path) }
            #expect(error?.description == "\(folder.path) is in use by another process")
        }
        _ = try DataFolder(path: folder.path)
    }

    @Test("A lock that somebody took for a remnant and removed keeps a second process out all the same")
    func removedLock() throws {
        let first = try DataFolder(path: folder.path)
        unlink(first.file("lock"))
        let error = #expect(throws: DataFolderError.self) { try DataFolder(path: folder.path) }
        #expect(error?.description == "\(folder.path) is in use by another process")
    }

    @Test("A lock of an earlier version, which is the file alone, counts too, and leaves no lock behind when it is refused")
    func earlierLock() throws {
        let lock = open(folder.file("lock"), O_RDWR | O_CREAT, 0o600)
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        #expect(throws: DataFolderError.self) { try DataFolder(path: folder.path) }
        close(lock)
        _ = try DataFolder(path: folder.path)
    }

    @Test("A folder that was made survives a power cut under its name, however that was written", arguments: ["", "/", "//"])
    func lasting(slashes: String) throws {
        let files = FaultyFiles()
        let synced = Mutex<[String]>([])
        files.watch { call, path in if call == .syncFolder { synced.withLock { $0.append(path) } } }
        let path = folder.file("data")
        defer {
            unlink(path + "/lock")
            rmdir(path)
        }
        for _ in 1...2 { #expect(try DataFolder(path: path + slashes, calls: files).file("key") == path + "/key") }
        #expect(synced.withLock { $0 } == [path], "once: when it was made")
    }

    @Test("The folder is made when it is not there, for this user alone")
    func made() throws {
        let path = folder.file("data")
        defer {
            unlink(path + "/lock")
            rmdir(path)
        }
        _ = try DataFolder(path: path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test("A small file is drawn once and stays the same, and nothing is left beside it")
    func smallFile() throws {
        let data = try DataFolder(path: folder.path)
        let key = try data.bytes(of: "key", countMax: 32) { [1, 2, 3] }
        #expect(try data.bytes(of: "key", countMax: 32) { [4] } == key)
        #expect(folder.names == ["key", "lock"])
        try folder.write([], to: "empty")
        let empty = #expect(throws: DataFolderError.self) { try data.bytes(of: "empty", countMax: 2) { [4] } }
        #expect(empty?.description.hasPrefix("\(folder.path)/empty is empty: ") == true)
        #expect(try folder.bytes("empty").isEmpty, "what somebody may still bring back is not written over")
        #expect(throws: DataFolderError.self) { try data.bytes(of: "key", countMax: 2) { [4] } }
    }

    @Test("What is no folder, or has no parent, gives a clear error")
    func unusable() throws {
        try folder.write([1], to: "plain")
        let plain = #expect(throws: DataFolderError.self) { try DataFolder(path: folder.file("plain")) }
        #expect(plain?.description == "\(folder.path)/plain: open: Not a directory")
        let orphan = #expect(throws: DataFolderError.self) { try DataFolder(path: folder.file("a/b")) }
        #expect(orphan?.description == "\(folder.path)/a/b: mkdir: No such file or directory")
    }
}

@Suite struct NodeStateTests {
    static let program = Program(
        name: "node", summary: "is a test", options: ServerOptions.state + LogOptions.all)
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func state(_ arguments: String..., role: String = "matchmaker") throws -> NodeState {
        try NodeState(try values(arguments, program: Self.program), role: role)
    }

    @Test("A folder of the other kind of server is not taken, whichever of them came first")
    func otherRole() throws {
        for (first, second) in [("matchmaker", "coordinator"), ("coordinator", "matchmaker")] {
            let folder = try TestFolder()
            _ = try state("--data-dir", folder.path, role: first)
            let error = #expect(throws: ConfigurationError.self) { try state("--data-dir", folder.path, role: second) }
            #expect(error?.description
                == "--data-dir: \(folder.path) belongs to a \(first): each process needs a folder of its own")
            _ = try state("--data-dir", folder.path, role: first)
        }
    }

    @Test("A folder of an earlier version, which did not say whose it was, goes to the first that takes it")
    func earlierFolder() throws {
        let name = try state("--data-dir", folder.path).identity.node
        unlink(folder.file("role"))
        #expect(try state("--data-dir", folder.path).identity.node == name)
        #expect(try folder.bytes("role") == Array("matchmaker\n".utf8))
    }

    @Test("A name that an editor has left a line end behind is that name, and what is none is named with its file")
    func editedName() throws {
        try folder.write(Array("anna\n".utf8), to: "node-id")
        #expect(try state("--data-dir", folder.path).identity.node.name == "anna")
        try folder.write(Array("an\nna".utf8), to: "node-id")
        let error = #expect(throws: ConfigurationError.self) { try state("--data-dir", folder.path) }
        #expect(error?.description == "--data-dir: \(folder.path)/node-id holds no name: 1 to 64 bytes of text")
    }

    @Test("Name and key stay the same from start to start, and the incarnation does not")
    func lasting() throws {
        func start() throws -> (NodeIdentity, [UInt8]) {
            let state = try state("--data-dir", folder.path)
            return (state.identity, state.key)
        }
        let (first, firstKey) = try start()
        let (second, secondKey) = try start()
        #expect(first.node == second.node && firstKey == secondKey && firstKey.count == 32)
        #expect(first.incarnation != second.incarnation)
        #expect(first.node.name.hasPrefix("matchmaker-"))
    }

    @Test("Without a folder each start is another node, unless it is given a name")
    func fleeting() throws {
        #expect(try state().identity.node != (try state().identity.node))
        #expect(try state("--node-id", "anna").identity.node.name == "anna")
        #expect(try !state().journal.isDurable)
    }

    @Test("A folder stays with the node that it was made for")
    func otherName() throws {
        _ = try state("--data-dir", folder.path, "--node-id", "anna")
        #expect(try state("--data-dir", folder.path).identity.node.name == "anna")
        let error = #expect(throws: ConfigurationError.self) { try state("--data-dir", folder.path, "--node-id", "ben") }
        #expect(error?.description.contains("the data folder belongs to node \"anna\"") == true)
    }

    @Test("What is no name is refused on one line and is not kept", arguments: ["", "an\nna"])
    func badName(name: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try state("--data-dir", folder.path, "--node-id", name)
        }
        #expect(error?.description.contains("\n") == false)
        #expect(try state("--data-dir", folder.path).identity.node.name.hasPrefix("matchmaker-"))
    }

    @Test("A key that is not whole is not used, and none is made in its place", arguments: [0, 3, 31, 33])
    func shortKey(count: Int) throws {
        _ = try state("--data-dir", folder.path)
        try folder.write([UInt8](repeating: 1, count: count), to: "key")
        let error = #expect(throws: ConfigurationError.self) { try state("--data-dir", folder.path) }
        #expect(error?.description.contains("\(folder.path)/key") == true)
        #expect(try folder.bytes("key").count == count)
    }

    @Test("An empty name is not taken for a first start")
    func emptyName() throws {
        _ = try state("--data-dir", folder.path)
        try folder.write([], to: "node-id")
        let error = #expect(throws: ConfigurationError.self) { try state("--data-dir", folder.path) }
        #expect(error?.description.contains("\(folder.path)/node-id is empty") == true)
    }

    @Test("A damaged journal keeps the process from starting and names the place")
    func damaged() throws {
        do {
            let state = try state("--data-dir", folder.path)
            try state.journal.write(try records(1...3))
        }
        var bytes = try folder.bytes("journal")
        bytes[9] ^= 1
        try folder.write(bytes, to: "journal")
        let error = #expect(throws: ConfigurationError.self) { try state("--data-dir", folder.path) }
        #expect(error?.description.contains("\(folder.path)/journal is damaged at byte 0: ") == true)
        #expect(error?.description.contains("--accept-damaged-journal") == true)
        let accepted = try state("--data-dir", folder.path, "--accept-damaged-journal").contents
        #expect(accepted.records == (try records(2...3)) && accepted.damaged.count == 1 && !accepted.isComplete)
    }
}
