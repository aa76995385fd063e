package example.terrace.sdk;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Proves who sends a request, at this moment (AWS Signature Version 4). */
final class Signature {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private Signature() {}

    /** Adds what proves it to the headers of the request, which all are signed. */
    static void sign(Map<String, String> headers, Call call, URI url, Credentials by, String region, Instant now) {
        String stamp = STAMP.format(now);
        String payload = hash(call.body);
        headers.put("x-amz-content-sha256", payload);
        headers.put("x-amz-date", stamp);
        if (by.sessionToken() != null) headers.put("x-amz-security-token", by.sessionToken());
        Map<String, String> signed = new TreeMap<>(headers);
        signed.put("host", url.getAuthority());
        String lines = signed.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue().trim().replaceAll("\\s+", " ") + "\n")
                .collect(Collectors.joining());
        String names = String.join(";", signed.keySet());
        // By names first: "=" would come after some of what names have.
        String query = call.query.stream()
                .sorted(Comparator.comparing(pair -> pair.replace('=', '\0')))
                .collect(Collectors.joining("&"));
        // Escapes are escaped once more, as everywhere but in S3.
        String path = Arrays.stream(url.getRawPath().split("/", -1)).map(Call::escape).collect(Collectors.joining("/"));
        String canonical = String.join("\n", call.method, path, query, lines, names, payload);

        List<String> scope = List.of(stamp.substring(0, 8), region, "execute-api", "aws4_request");
        String scoped = String.join("/", scope);
        String text = String.join("\n", "AWS4-HMAC-SHA256", stamp, scoped, hash(bytes(canonical)));
        byte[] key = bytes("AWS4" + by.secretAccessKey());
        for (String part : scope) key = mac(key, part);
        headers.put("authorization", "AWS4-HMAC-SHA256 Credential=" + by.accessKeyId() + "/" + scoped
                + ", SignedHeaders=" + names + ", Signature=" + HexFormat.of().formatHex(mac(key, text)));
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java has SHA-256", missing);
        }
    }

    private static byte[] mac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java has HmacSHA256", missing);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
