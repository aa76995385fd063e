package example.terrace.sdk.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param items in the order asked for
 * @param nextCursor for the next page; null on the last
 */
public record Page<T>(List<T> items, @JsonProperty("next_cursor") @Nullable String nextCursor) {}
