package example.terrace.sdk;

import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them. Renewing is done once
 * for all who wait.
 */
final class Session {
    /** Tokens and credentials are renewed so long before they end. */
    private static final Duration EARLY = Duration.ofMinutes(1);
    /** A clock that is further from the API's is corrected. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    private final Clock machine;
    private final Runnable refresh;
    private final Supplier<@Nullable Credentials> issue;
    /** Held while tokens and credentials are fetched; the object's own lock for moments alone. */
    private final ReentrantLock renewing = new ReentrantLock();
    private final ReentrantLock issuing = new ReentrantLock();

    private Duration offset = Duration.ZERO;
    private @Nullable String token;
    private Instant endsAt = Instant.EPOCH;
    private @Nullable Credentials credentials;
    private final Map<String, String> cookies = new TreeMap<>();

    Session(Clock machine, Runnable refresh, Supplier<@Nullable Credentials> issue) {
        this.machine = machine;
        this.refresh = refresh;
        this.issue = issue;
    }

    synchronized Instant now() {
        return machine.instant().plus(offset);
    }

    /** What is added to the machine's clock. */
    synchronized Duration offset() {
        return offset;
    }

    /** Sets the clock by an answer's Date, if it is wrong. */
    synchronized void correct(HttpHeaders headers) {
        try {
            Instant told = date(headers.firstValue("date").orElse(""));
            boolean isRight = Duration.between(now(), told).abs().compareTo(SKEW) <= 0;
            if (!isRight) offset = Duration.between(machine.instant(), told);
        } catch (DateTimeParseException fault) {
            // Who answered has no clock.
        }
    }

    /** A date as HTTP writes it. */
    static Instant date(String text) {
        return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    }

    /** It has life left in it; null when nobody is signed in, or the session has ended. */
    @Nullable String token() {
        String old = current();
        if (old == null || isFresh()) return old;
        renew(old);
        return current();
    }

    /** Fetches new tokens by the cookie, unless somebody else has since this one. */
    void renew(@Nullable String old) {
        hold(renewing);
        try {
            String token = current();
            if (token == null ? old == null : token.equals(old)) refresh.run();
        } finally {
            renewing.unlock();
        }
    }

    /** They have life left in them; null when nobody is signed in. */
    @Nullable Credentials credentials() {
        hold(issuing);
        try {
            Credentials kept = kept();
            if (kept != null) return kept;
            Credentials issued = issue.get();
            keep(issued);
            return issued;
        } finally {
            issuing.unlock();
        }
    }

    synchronized void keep(@Nullable Credentials credentials) {
        this.credentials = credentials;
    }

    /** Uses what signs in, renews or steps up answers. Credentials end with the token that they were made by. */
    synchronized void take(@Nullable String token, Duration expiresIn) {
        this.token = token;
        endsAt = now().plus(expiresIn);
        credentials = null;
    }

    void end() {
        take(null, Duration.ZERO);
    }

    synchronized void keepCookies(HttpHeaders headers) {
        for (String told : headers.allValues("set-cookie")) {
            String[] parts = told.split(";");
            String[] pair = parts[0].trim().split("=", 2);
            boolean isGone = told.toLowerCase().replace(" ", "").contains(";max-age=0");
            if (pair.length < 2 || pair[1].isEmpty() || isGone) {
                cookies.remove(pair[0]);
            } else {
                cookies.put(pair[0], pair[1]);
            }
        }
    }

    synchronized String cookie() {
        return cookies.entrySet().stream()
                .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                .collect(Collectors.joining("; "));
    }

    private synchronized @Nullable String current() {
        return token;
    }

    private synchronized boolean isFresh() {
        return !now().plus(EARLY).isAfter(endsAt);
    }

    private synchronized @Nullable Credentials kept() {
        if (credentials == null || credentials.expiresAt() == null) return credentials;
        return now().plus(EARLY).isAfter(credentials.expiresAt()) ? null : credentials;
    }

    /** Waits for what one alone may have, and no longer than the caller does. */
    private static void hold(ReentrantLock one) {
        try {
            one.lockInterruptibly();
        } catch (InterruptedException given) {
            throw interrupted();
        }
    }

    /** What a call ends with whose thread is interrupted; the thread stays so. */
    static CancellationException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("the thread that called was interrupted");
    }
}
