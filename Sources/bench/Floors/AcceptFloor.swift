import CLinux
import Glibc

/// The floor of a join: accept, read the request, answer 101, close.
enum AcceptFloor {
    static let role = "floor-accept"

    static func main(_ arguments: [String]) throws(BenchError) {
        try Limits.raiseOpenFiles()
        FloorProcess.exitWhenAsked()
        let listener = ChildProcess.listenerDescriptor
        let poller = try Poller()
        try poller.add(listener, token: Int(listener), .reading)
        try poller.add(STDIN_FILENO, token: Int(STDIN_FILENO), .reading)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 64)
        let answer = FloorProcess.upgradeAnswer
        while true {
            for event in 0..<(try poller.wait(timeoutMs: -1)) {
                let descriptor = Int32(truncatingIfNeeded: poller.token(event))
                if descriptor == STDIN_FILENO { return }
                if descriptor == listener {
                    while case let accepted = accept(listener, nil, nil), accepted >= 0 {
                        try poller.add(accepted, token: Int(accepted), .reading)
                    }
                    continue
                }
                if recv(descriptor, buffer.baseAddress, buffer.count, Sockets.receiveNowFlags) > 0 {
                    _ = send(descriptor, answer, answer.count, Sockets.sendNowFlags)
                }
                close(descriptor)
            }
        }
    }
}
