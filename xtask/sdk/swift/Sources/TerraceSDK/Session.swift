import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Tokens and credentials are renewed so long before they end.
private let early: TimeInterval = 60
/// A clock that is further from the API's is corrected.
private let skew: TimeInterval = 60

/// Who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them. Renewing is done once
/// for all who wait.
actor Session {
    private let machine: @Sendable () -> Date
    /// What is added to the machine's clock.
    private(set) var offset: TimeInterval = 0
    private var token: (text: String, endsAt: Date)?
    private var credentials: Credentials?
    private var cookies: [String: String] = [:]
    private var renewing: Task<Void, any Error>?
    private var issuing: Task<Credentials?, any Error>?

    init(machine: @escaping @Sendable () -> Date) {
        self.machine = machine
    }

    var now: Date { machine().addingTimeInterval(offset) }

    /// Sets the clock by an answer's Date, if it is wrong.
    func correct(_ date: String?) {
        guard let told = date.flatMap(httpDate), abs(told.timeIntervalSince(now)) > skew else { return }
        offset = told.timeIntervalSince(machine())
    }

    /// It has life left in it; nil when nobody is signed in, or the session has ended.
    func token(refresh: @escaping @Sendable () async throws -> Void) async throws -> String? {
        guard let token, token.endsAt.timeIntervalSince(now) < early else { return token?.text }
        try await renew(token.text, refresh: refresh)
        return self.token?.text
    }

    /// Fetches new tokens by the cookie, unless somebody else has since this one.
    func renew(_ old: String?, refresh: @escaping @Sendable () async throws -> Void) async throws {
        guard token?.text == old else { return }
        let task = renewing ?? Task { try await refresh() }
        renewing = task
        defer { if renewing == task { renewing = nil } }
        try await task.awaited
    }

    /// They have life left in them; nil when nobody is signed in.
    func credentials(issue: @escaping @Sendable () async throws -> Credentials?) async throws -> Credentials? {
        if let credentials, credentials.expiresAt.map({ $0.timeIntervalSince(now) >= early }) ?? true {
            return credentials
        }
        let task = issuing ?? Task { try await issue() }
        issuing = task
        defer { if issuing == task { issuing = nil } }
        let issued = try await task.awaited
        credentials = issued
        return issued
    }

    func forgetCredentials() { credentials = nil }

    /// Uses what signs in, renews or steps up answers. Credentials end with the token that they were made by.
    func take(_ text: String, expiresIn: Int) {
        token = (text, now.addingTimeInterval(TimeInterval(expiresIn)))
        credentials = nil
    }

    func end() {
        token = nil
        credentials = nil
    }

    func keep(_ told: [HTTPCookie]) {
        for cookie in told {
            let isGone = cookie.value.isEmpty || cookie.expiresDate.map { $0 <= Date() } ?? false
            cookies[cookie.name] = isGone ? nil : cookie.value
        }
    }

    var cookie: String? {
        cookies.isEmpty ? nil : cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
    }
}

extension Task where Success: Sendable, Failure == any Error {
    /// Its value, unless who waits for it is cancelled before.
    var awaited: Success {
        get async throws {
            let results = AsyncThrowingStream<Success, any Error> { continuation in
                Task<Void, Never> {
                    do {
                        continuation.yield(try await value)
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
            }
            for try await result in results { return result }
            throw _Concurrency.CancellationError()
        }
    }
}

/// A date as HTTP writes it.
func httpDate(_ text: String) -> Date? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: text)
}
