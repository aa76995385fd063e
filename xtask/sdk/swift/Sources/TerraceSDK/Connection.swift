import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What an answer begins with.
struct Head: Sendable {
    let status: Int
    /// By names in small letters.
    let headers: [String: String]
    let cookies: [HTTPCookie]

    init(_ response: URLResponse) throws {
        guard let response = response as? HTTPURLResponse, let url = response.url else { throw URLError(.badServerResponse) }
        let fields = response.allHeaderFields.compactMap { name, value in
            (name as? String).map { ($0, "\(value)") }
        }
        status = response.statusCode
        headers = Dictionary(fields.map { ($0.lowercased(), $1) }) { $1 }
        cookies = HTTPCookie.cookies(withResponseHeaderFields: Dictionary(fields) { $1 }, for: url)
    }
}

/// An answer that is read as it arrives. Foundation has bytes that arrive one by one on Apple's systems alone.
final class Connection: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    enum Part: Sendable {
        case head(Head)
        case data(Data)
    }

    /// It ends, with an error or without, as the answer does; whoever drops it ends the answer.
    static func open(_ request: URLRequest, _ configuration: URLSessionConfiguration) -> AsyncThrowingStream<Part, any Error> {
        AsyncThrowingStream { continuation in
            let session = URLSession(configuration: configuration, delegate: Connection(continuation), delegateQueue: nil)
            continuation.onTermination = { _ in session.invalidateAndCancel() }
            session.dataTask(with: request).resume()
        }
    }

    private let continuation: AsyncThrowingStream<Part, any Error>.Continuation

    private init(_ continuation: AsyncThrowingStream<Part, any Error>.Continuation) {
        self.continuation = continuation
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        do {
            continuation.yield(.head(try Head(response)))
            completionHandler(.allow)
        } catch {
            continuation.finish(throwing: error)
            completionHandler(.cancel)
        }
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        continuation.yield(.data(data))
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        continuation.finish(throwing: error)
    }
}
