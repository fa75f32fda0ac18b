import Testing

@testable import Simulation

@Suite struct VirtualDiskTests {
    var random = SmallGenerator(seed: 1, stream: 1)

    @Test("what is written is read at once, and only what was synced is sure to survive a loss of power")
    mutating func power() throws {
        for _ in 0..<200 {
            var disk = VirtualDisk()
            try disk.append([1, 2, 3, 4], to: "a")
            disk.synced("a", upTo: 2)
            disk.syncFolder()
            #expect(disk.bytes(of: "a") == [1, 2, 3, 4])
            disk.losePower(&random)
            let left = try #require(disk.bytes(of: "a"))
            #expect(left.starts(with: [1, 2]) && left.count <= 4)
            for (index, byte) in left.enumerated() { #expect(byte == UInt8(index + 1) || byte == 0) }
        }
    }

    @Test("a file whose folder was never synced may be gone, and a rename undone")
    mutating func names() throws {
        var (gone, undone) = (0, 0)
        for _ in 0..<200 {
            var disk = VirtualDisk()
            try disk.append([1], to: "a")
            disk.synced("a", upTo: 1)
            var other = disk
            disk.losePower(&random)
            if disk.bytes(of: "a") == nil { gone += 1 }
            other.syncFolder()
            try other.append([2], to: "b")
            other.synced("b", upTo: 1)
            other.syncFolder()
            other.rename("b", to: "a")
            #expect(other.bytes(of: "a") == [2])
            other.losePower(&random)
            if other.bytes(of: "a") == [1] { undone += 1 }
        }
        #expect(gone > 0 && gone < 200)
        #expect(undone > 0 && undone < 200)
    }

    @Test("writes that are done in any order leave what was synced, and of the rest whole sectors or zeros")
    mutating func scattered() throws {
        var laterWithoutEarlier = 0
        for _ in 0..<100 {
            var disk = VirtualDisk()
            let bytes = (0..<4000).map { UInt8($0 % 255 + 1) }
            try disk.append(bytes, to: "a")
            disk.synced("a", upTo: 700)
            disk.syncFolder()
            disk.losePowerScattered(&random)
            let left = try #require(disk.bytes(of: "a"))
            #expect(left.starts(with: bytes[..<700]) && left.count == bytes.count)
            var sectors: [Bool] = []
            var start = 700
            while start < bytes.count {
                let end = min((start / VirtualDisk.sectorBytes + 1) * VirtualDisk.sectorBytes, bytes.count)
                let isThere = Array(left[start..<end]) == Array(bytes[start..<end])
                #expect(isThere || left[start..<end].allSatisfy { $0 == 0 })
                sectors.append(isThere)
                start = end
            }
            if let gap = sectors.firstIndex(of: false), sectors[gap...].contains(true) { laterWithoutEarlier += 1 }
        }
        #expect(laterWithoutEarlier > 50)
    }

    @Test("a full disk takes a part and says so")
    func full() {
        var disk = VirtualDisk()
        disk.freeBytes = 3
        var failure: VirtualDisk.Failure?
        do throws(VirtualDisk.Failure) { try disk.append([1, 2, 3, 4], to: "a") } catch { failure = error }
        #expect(failure == .full)
        #expect(disk.bytes(of: "a") == [1, 2, 3])
        disk.truncate("a", to: 1)
        #expect(disk.freeBytes == 2)
    }

    @Test("happenings come in the order of their times, and of their making at one time")
    func queue() {
        var queue = EventQueue<Int>()
        var random = SmallGenerator(seed: 2, stream: 2)
        var expected: [(UInt64, Int)] = []
        for number in 0..<500 {
            let atUs = UInt64(random.below(50))
            queue.put(number, atUs: atUs)
            expected.append((atUs, number))
        }
        expected.sort { $0 < $1 }
        var taken: [(UInt64, Int)] = []
        while let next = queue.take() { taken.append((next.atUs, next.event)) }
        #expect(taken.map(\.0) == expected.map(\.0) && taken.map(\.1) == expected.map(\.1))
    }
}
