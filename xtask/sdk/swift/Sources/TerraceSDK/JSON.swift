import Foundation

/// One page of a list.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    /// In the order asked for.
    public var items: [Item]
    /// For the next page; nil on the last.
    public var nextCursor: String?

    public init(items: [Item], nextCursor: String? = nil) {
        self.items = items
        self.nextCursor = nextCursor
    }

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}

/// What the document leaves open.
public enum JSONValue: Codable, Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let told = try? value.decode(Bool.self) {
            self = .bool(told)
        } else if let told = try? value.decode(Double.self) {
            self = .number(told)
        } else if let told = try? value.decode(String.self) {
            self = .string(told)
        } else if let told = try? value.decode([JSONValue].self) {
            self = .array(told)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let told): try value.encode(told)
        case .number(let told): try value.encode(told)
        case .string(let told): try value.encode(told)
        case .array(let told): try value.encode(told)
        case .object(let told): try value.encode(told)
        }
    }
}

func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    return encoder
}

func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
        let value = try decoder.singleValueContainer()
        guard let date = moment(try value.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "no time as RFC 3339 writes it")
        }
        return date
    }
    return decoder
}

/// A time as RFC 3339 writes it; Foundation's own reader knows no parts of seconds, or nothing else.
private func moment(_ text: String) -> Date? {
    guard let point = text.firstIndex(of: ".") else {
        return try? Date.ISO8601FormatStyle().parse(text)
    }
    let rest = text[text.index(after: point)...]
    let digits = rest.prefix(while: \.isNumber)
    let whole = String(text[..<point] + rest.dropFirst(digits.count))
    let parts = Double("0." + digits) ?? 0
    return (try? Date.ISO8601FormatStyle().parse(whole))?.addingTimeInterval(parts)
}
