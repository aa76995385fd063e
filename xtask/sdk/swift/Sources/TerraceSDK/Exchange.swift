import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Operations on sessions are called by who has no token, and with the session's cookies.
let sessions = "/v1/sessions"
private let credentialPath = "/v1/me/credentials"
/// A longer wait is the caller's to decide on.
private let longestWait = Duration.seconds(20)
private let firstWait = 0.2
/// How long a stream may be quiet: the API sends a comment every 15 seconds.
private let silence: TimeInterval = 45
private let agent = "terrace-sdk-swift/{{version}}"

/// A request, and what goes with it: its id, the access token, and the clock's correction.
private struct Prepared: Sendable {
    let request: URLRequest
    let id: String
    let token: String?
    let offset: TimeInterval
}

struct Answer: Sendable {
    let head: Head
    var body = Data()
    /// What goes on.
    var stream: AsyncThrowingStream<Connection.Part, any Error>?
}

extension Terrace {
    /// Sends until there is an answer; throws the refusal that stays.
    func exchange(_ call: Call) async throws -> Answer {
        var mended: Set<Slug> = []
        var attempt = 1
        while true {
            let prepared = try await prepare(call)
            let answer: Answer
            do {
                answer = try await self.attempt(prepared.request, call)
            } catch let fault as URLError where fault.code != .cancelled && !Task.isCancelled {
                guard attempt <= settings.retries && call.isRepeatable else { throw Refusal.unreachable(fault, prepared.id) }
                try await Task.sleep(for: backoff(attempt))
                attempt += 1
                continue
            } catch {
                try Task.checkCancellation()
                throw error
            }
            await session.correct(answer.head.headers["date"])
            // Whoever's answer it was corrected by.
            let wasWrong = await session.offset != prepared.offset
            if call.path.hasPrefix(sessions) { await session.keep(answer.head.cookies) }
            if answer.head.status < 400 { return answer }
            let refusal = Refusal(answer.head, answer.body, now: await session.now, sent: prepared.id)
            if !mended.contains(refusal.slug), try await mend(refusal, prepared.token, wasWrong) {
                mended.insert(refusal.slug)
                attempt += 1
                continue
            }
            // Whether a request was carried out is not known after 502, 503 and 504.
            let isUncertain = (502...504).contains(refusal.status) && call.isRepeatable
            let told = refusal.retryAfter ?? .zero
            let mayRepeat = (refusal.status == 429 || isUncertain) && told <= longestWait
            guard attempt <= settings.retries && mayRepeat else { throw refusal }
            try await Task.sleep(for: max(told, backoff(attempt)))
            attempt += 1
        }
    }

    /// The request of one attempt.
    private func prepare(_ call: Call) async throws -> Prepared {
        guard let url = URL(string: settings.url + call.target), let host = url.host else { throw URLError(.badURL) }
        let offset = await session.offset
        var headers = call.headers
        // Each attempt has a name of its own, and with it its own signature: one counts once.
        let id = UUID().uuidString
        headers["x-request-id"] = id
        headers["user-agent"] = agent
        let isOfSession = call.path.hasPrefix(sessions)
        if isOfSession, let cookie = await session.cookie { headers["cookie"] = cookie }
        var token: String?
        if settings.signing && !isOfSession && call.path != credentialPath {
            if let credentials = try await session.credentials(issue: issue) {
                let told = url.port.map { "\(host):\($0)" } ?? host
                let base = URL(string: settings.url)?.path ?? ""
                headers = signed(
                    headers, call, host: told, path: base + call.path, by: credentials, region: settings.region,
                    now: await session.now)
            }
        } else if call.path != sessions + "/refresh" {
            token = try await session.token(refresh: refresh)
            if let token { headers["authorization"] = "Bearer " + token }
        }
        var request = URLRequest(url: url)
        request.httpMethod = call.method
        request.httpShouldHandleCookies = false
        request.timeoutInterval = silence
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if !call.body.isEmpty { request.httpBody = call.body }
        return Prepared(request: request, id: id, token: token, offset: offset)
    }

    private func attempt(_ request: URLRequest, _ call: Call) async throws -> Answer {
        try await limited(call.timeout ?? settings.timeout) { [http, configuration] in
            if call.isStream { return try await opened(request, configuration) }
            let (body, response) = try await http.data(for: request)
            return Answer(head: try Head(response), body: body)
        }
    }

    /// Whether the cause of a refusal is out of the way, so that the same request may come again.
    private func mend(_ refusal: Refusal, _ token: String?, _ clockWasWrong: Bool) async throws -> Bool {
        switch refusal.slug.rawValue {
        case "invalid-token":
            try await session.renew(token, refresh: refresh)
            return true
        case "expired-token", "unrecognized-client":
            await session.forgetCredentials()
            return true
        case "invalid-signature":
            return clockWasWrong
        default:
            return false
        }
    }
}

/// An answer that goes on; a refusal is read to its end.
private func opened(_ request: URLRequest, _ configuration: URLSessionConfiguration) async throws -> Answer {
    let stream = Connection.open(request, configuration)
    var answer: Answer?
    for try await part in stream {
        switch part {
        case .head(let head) where head.status < 400: return Answer(head: head, stream: stream)
        case .head(let head): answer = Answer(head: head)
        case .data(let data): answer?.body += data
        }
    }
    guard let answer else { throw URLError(.badServerResponse) }
    return answer
}

/// Longer each time, and for no two clients the same.
func backoff(_ attempt: Int) -> Duration {
    .seconds(firstWait * Double(1 << min(attempt, 6)) * Double.random(in: 0.5...1))
}

private func limited<T: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw URLError(.timedOut)
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
