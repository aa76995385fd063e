package example.terrace.sdk;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Temporary credentials.
 *
 * @param sessionToken is needed: without it the API refuses what is signed
 * @param expiresAt ends them; null for a time that is not known
 */
public record Credentials(
        String accessKeyId, String secretAccessKey, @Nullable String sessionToken, @Nullable Instant expiresAt) {
    /** The secret is not for logs. */
    @Override
    public String toString() {
        return "Credentials[" + accessKeyId + "]";
    }
}
