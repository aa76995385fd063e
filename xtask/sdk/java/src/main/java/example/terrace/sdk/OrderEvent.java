package example.terrace.sdk;

import example.terrace.sdk.model.OrderStatus;
import java.time.Instant;

/**
 * A change of an order's status.
 *
 * @param id for a later {@link Terrace#followOrder(String, String)}
 */
public record OrderEvent(String id, Instant at, OrderStatus status) {}
