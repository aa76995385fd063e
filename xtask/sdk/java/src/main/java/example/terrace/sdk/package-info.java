/**
 * A client of the Terrace API: {@link example.terrace.sdk.Terrace} has a method for every operation, and throws a
 * {@link example.terrace.sdk.Refusal} for every refusal.
 */
@NullMarked
package example.terrace.sdk;

import org.jspecify.annotations.NullMarked;
