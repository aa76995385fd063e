package example.terrace.sdk;

import example.terrace.sdk.model.FieldError;
import example.terrace.sdk.model.Problem;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the API refuses with (RFC 9457). With {@link Slug#UNREACHABLE} and the status 0 it is the lack of any answer.
 *
 * <p>It is unchecked, so that it passes through streams of pages and iterators of events.
 */
public final class Refusal extends RuntimeException {
    /** What Amazon API Gateway calls what it refuses by itself, in {@code x-amzn-errortype}. */
    private static final Map<String, String> AMAZON = Map.of(
            "AccessDeniedException", "forbidden",
            "ExpiredTokenException", "expired-token",
            "IncompleteSignatureException", "incomplete-signature",
            "InvalidSignatureException", "invalid-signature",
            "MissingAuthenticationTokenException", "missing-authentication-token",
            "UnauthorizedException", "invalid-token",
            "UnrecognizedClientException", "unrecognized-client");

    private final int status;
    private final Problem problem;
    private final String requestId;
    private final Duration retryAfter;
    private final byte[] document;

    private Refusal(
            int status, Problem problem, String requestId, Duration retryAfter, byte[] document,
            @Nullable Throwable cause) {
        super(cause);
        this.status = status;
        this.problem = problem;
        this.requestId = requestId;
        this.retryAfter = retryAfter;
        this.document = document;
    }

    static Refusal unreachable(Throwable cause, String sent) {
        Problem problem = without(Slug.UNREACHABLE, 0, "the API cannot be reached", null);
        return new Refusal(0, problem, sent, Duration.ZERO, new byte[0], cause);
    }

    /**
     * What stands between us and the API may answer without a document, and API Gateway does so in words of its own, or says
     * {@code bad-request} of what its header names.
     */
    static Refusal of(int status, HttpHeaders headers, byte[] document, Instant now, String sent) {
        Problem problem;
        try {
            problem = Json.read(document, Problem.class);
        } catch (UncheckedIOException fault) {
            problem = null;
        }
        if (problem == null || problem.title() == null || problem.type() == null) {
            problem = without(Slug.UNKNOWN, status, "no document tells why", own(document));
        }
        String named = headers.firstValue("x-amzn-errortype").orElse("").split(":")[0];
        if (AMAZON.containsKey(named) && (problem.type().equals(Slug.UNKNOWN) || problem.type().endsWith("/bad-request"))) {
            problem = new Problem(
                    problem.detail(), problem.errors(), problem.instance(), status, problem.title(), AMAZON.get(named));
        }
        String id = problem.instance() != null ? problem.instance() : headers.firstValue("x-request-id")
                .or(() -> headers.firstValue("x-amzn-requestid")).orElse(sent);
        Duration wait = headers.firstValue("retry-after").map(told -> wait(told, now)).orElse(Duration.ZERO);
        return new Refusal(status, problem, id, wait, document, null);
    }

    /** What kind it is, such as {@link Slug#NOT_FOUND}: the last part of its type. */
    public String slug() {
        return problem.type().substring(problem.type().lastIndexOf('/') + 1);
    }

    /** The HTTP status; 0 when nobody answered. */
    public int status() {
        return status;
    }

    /** The kind, for a person. */
    public String title() {
        return problem.title();
    }

    /** This occurrence, for a person. */
    public Optional<String> detail() {
        return Optional.ofNullable(problem.detail());
    }

    /** To be quoted when asking for help. */
    public String requestId() {
        return requestId;
    }

    /** The fields at fault, by JSON pointers into the request's body. */
    public List<FieldError> errors() {
        return problem.errors() == null ? List.of() : problem.errors();
    }

    /** How long to wait; zero where the API did not say. */
    public Duration retryAfter() {
        return retryAfter;
    }

    /** All that was answered, as a type that has the members of one kind, such as CheckoutConflict. */
    public <T> T document(Class<T> type) {
        return Json.read(document, type);
    }

    /** All that was answered. */
    public String document() {
        return new String(document, StandardCharsets.UTF_8);
    }

    @Override
    public String getMessage() {
        return status + " " + slug() + ": " + detail().orElse(title());
    }

    private static Problem without(String kind, int status, String title, @Nullable String detail) {
        return new Problem(detail, null, null, status, title, kind);
    }

    /** API Gateway's own words, if any. */
    private static @Nullable String own(byte[] document) {
        try {
            Map<?, ?> told = Json.read(document, Map.class);
            Object message = told == null ? null : told.containsKey("message") ? told.get("message") : told.get("Message");
            return message instanceof String text ? text : null;
        } catch (UncheckedIOException fault) {
            return null;
        }
    }

    /** Seconds, or a date. */
    private static Duration wait(String told, Instant now) {
        try {
            if (told.chars().allMatch(Character::isDigit)) return Duration.ofSeconds(Long.parseLong(told));
            Duration wait = Duration.between(now, Session.date(told));
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (NumberFormatException | DateTimeParseException fault) {
            return Duration.ZERO;
        }
    }
}
