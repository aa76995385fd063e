package example.terrace.sdk;

import java.net.URLEncoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One operation with what it is given. */
final class Call {
    private static final Set<String> IDEMPOTENT = Set.of("GET", "PUT", "DELETE");

    final String method;
    final String path;
    /** Whether it takes an Idempotency-Key. */
    final boolean isKeyed;
    /** Pairs as they stand in the address. */
    final List<String> query = new ArrayList<>();
    /** By names in small letters. */
    final Map<String, String> headers = new TreeMap<>();
    byte[] body = {};
    /** Whether its answer goes on, so that only its head has a time limit. */
    boolean isStream;
    @Nullable Duration timeout;
    Consumer<HttpHeaders> show = headers -> {};

    Call(String method, String path, boolean isKeyed) {
        this.method = method;
        this.path = path;
        this.isKeyed = isKeyed;
    }

    void query(String name, @Nullable Object value) {
        if (value != null) query.add(escape(name) + "=" + escape(value.toString()));
    }

    void header(String name, @Nullable Object value) {
        if (value != null) headers.put(name, value.toString());
    }

    void json(@Nullable Object value) {
        if (value == null) return;
        body = Json.write(value);
        header("content-type", "application/json");
    }

    void bytes(byte @Nullable [] value) {
        if (value == null) return;
        body = value;
        header("content-type", "application/octet-stream");
    }

    /** Of a change of one version, the second would be refused because of the first. */
    boolean isRepeatable() {
        return isKeyed || IDEMPOTENT.contains(method) && !headers.containsKey("if-match");
    }

    String target() {
        return query.isEmpty() ? path : path + "?" + String.join("&", query);
    }

    /** One segment of a path; "." and ".." would lead elsewhere. */
    static String segment(String value) {
        if (value.isEmpty() || value.equals(".") || value.equals("..")) {
            throw new IllegalArgumentException("\"" + value + "\" is no value of a path");
        }
        return escape(value);
    }

    /** As RFC 3986 says: everything but letters, digits and "-._~". */
    static String escape(String text) {
        String form = URLEncoder.encode(text, StandardCharsets.UTF_8);
        return form.replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    }
}
