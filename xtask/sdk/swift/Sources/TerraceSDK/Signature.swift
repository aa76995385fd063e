import Foundation

#if canImport(CryptoKit)
    import CryptoKit
#endif

/// Temporary credentials.
public struct Credentials: Sendable {
    public var accessKeyID: String
    public var secretAccessKey: String
    /// Is needed: without it the API refuses what is signed.
    public var sessionToken: String?
    /// Ends them; nil for a time that is not known.
    public var expiresAt: Date?

    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String?, expiresAt: Date? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }
}

/// The headers that prove who sends a request, at this moment (AWS Signature Version 4), with those that it has: all are signed.
func signed(
    _ headers: [String: String], _ call: Call, host: String, path: String, by credentials: Credentials, region: String,
    now: Date
) -> [String: String] {
    var headers = headers
    let stamp = stamp(now)
    let payload = hex(sha256([UInt8](call.body)))
    headers["x-amz-content-sha256"] = payload
    headers["x-amz-date"] = stamp
    headers["x-amz-security-token"] = credentials.sessionToken
    let lines = headers.merging(["host": host]) { $1 }.sorted { $0.key < $1.key }
    let names = lines.map(\.key).joined(separator: ";")
    let spaced = lines.map { line in
        line.key + ":" + line.value.split(whereSeparator: \.isWhitespace).joined(separator: " ") + "\n"
    }
    let query = call.query.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    let canonical = [
        call.method,
        // Escapes are escaped once more, as everywhere but in S3.
        path.split(separator: "/", omittingEmptySubsequences: false).map { escape(String($0)) }.joined(separator: "/"),
        query.map { "\($0.name)=\($0.value)" }.joined(separator: "&"),
        spaced.joined(),
        names,
        payload,
    ]
    let scope = [String(stamp.prefix(8)), region, "execute-api", "aws4_request"]
    let scoped = scope.joined(separator: "/")
    let hashed = hex(sha256([UInt8](canonical.joined(separator: "\n").utf8)))
    let text = ["AWS4-HMAC-SHA256", stamp, scoped, hashed].joined(separator: "\n")
    let key = scope.reduce([UInt8](("AWS4" + credentials.secretAccessKey).utf8)) { mac($0, $1) }
    headers["authorization"] =
        "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scoped), SignedHeaders=\(names), "
        + "Signature=\(hex(mac(key, text)))"
    return headers
}

/// As AWS writes a moment: `20260101T120000Z`.
private func stamp(_ now: Date) -> String {
    let style = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted)
    return now.formatted(style)
}

/// HMAC (RFC 2104).
private func mac(_ key: [UInt8], _ text: String) -> [UInt8] {
    var block = key.count > 64 ? sha256(key) : key
    block += [UInt8](repeating: 0, count: 64 - block.count)
    let inner = sha256(block.map { $0 ^ 0x36 } + [UInt8](text.utf8))
    return sha256(block.map { $0 ^ 0x5c } + inner)
}

private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

#if canImport(CryptoKit)
    func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
#else
    /// SHA-256 (FIPS 180-4): Foundation has none outside Apple's systems, and a library for this alone would be the only one.
    func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var state = initial
        let length = UInt64(bytes.count) * 8
        let zeros = (119 - bytes.count % 64) % 64
        let padded = bytes + [0x80] + [UInt8](repeating: 0, count: zeros) + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
        for start in stride(from: 0, to: padded.count, by: 64) {
            var words = (0..<16).map { at in
                (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[start + at * 4 + $1]) }
            }
            for at in 16..<64 {
                let (before, last) = (words[at - 15], words[at - 2])
                let low = rotated(before, 7) ^ rotated(before, 18) ^ before >> 3
                let high = rotated(last, 17) ^ rotated(last, 19) ^ last >> 10
                words.append(words[at - 16] &+ low &+ words[at - 7] &+ high)
            }
            var s = state
            for at in 0..<64 {
                let high = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
                let choice = s[4] & s[5] ^ ~s[4] & s[6]
                let first = s[7] &+ high &+ choice &+ rounds[at] &+ words[at]
                let low = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)
                let majority = s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]
                s = [first &+ low &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
            }
            state = zip(state, s).map { $0 &+ $1 }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }

    private func rotated(_ word: UInt32, _ by: UInt32) -> UInt32 { word >> by | word << (32 - by) }

    private let initial: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private let rounds: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
#endif
