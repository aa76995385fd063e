import Foundation

/// A change of an order's status.
public struct OrderEvent: Sendable {
    /// For a later `followOrder`.
    public let id: String?
    public let at: Date
    public let status: OrderStatus
}

extension Terrace {
    /// What happened to an order after this event, or all when it is nil, and what happens, until the order is delivered or cancelled.
    /// A stream that breaks goes on where it was.
    public func followOrder(_ id: String, after lastEventID: String? = nil) -> AsyncThrowingStream<OrderEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await follow(id, after: lastEventID) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func follow(_ id: String, after lastEventID: String?, tell: (OrderEvent) -> Void) async throws {
        var last = lastEventID
        var failures = 0
        var call = Call("GET", "/v1/orders/\(try segment(id))/events")
        call.isStream = true
        call.header("accept", "text/event-stream")
        while true {
            if failures > 0 { try await Task.sleep(for: backoff(failures)) }
            call.header("last-event-id", last)
            let answer = try await exchange(call)
            guard let stream = answer.stream else { return }
            var events = EventReader()
            do {
                for try await case .data(let data) in stream {
                    for event in events.read(data) {
                        failures = 0
                        last = event.id ?? last
                        let moment = try decoder().decode(OrderMoment.self, from: Data(event.data.utf8))
                        tell(OrderEvent(id: event.id, at: moment.at, status: moment.status))
                        if moment.status == .delivered || moment.status == .cancelled { return }
                    }
                }
            } catch is URLError {
                // It goes on by a new stream.
            }
            try Task.checkCancellation()
            failures += 1
        }
    }
}

/// Reads the event stream format (WHATWG HTML §9.2.6).
private struct EventReader {
    private var line: [UInt8] = []
    private var id: String?
    private var data: [Substring] = []

    mutating func read(_ bytes: Data) -> [(id: String?, data: String)] {
        var events: [(id: String?, data: String)] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            let text = String(decoding: line, as: UTF8.self)
            line.removeAll()
            if text.isEmpty && !data.isEmpty {
                events.append((id, data.joined(separator: "\n")))
                data.removeAll()
                continue
            }
            let field = text.prefix { $0 != ":" }
            var value = text.dropFirst(field.count + 1)
            if value.first == " " { value.removeFirst() }
            switch field {
            case "data": data.append(value)
            case "id": id = String(value)
            default: break
            }
        }
        return events
    }
}
