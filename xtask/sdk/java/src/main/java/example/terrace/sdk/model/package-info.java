/** What operations take and answer. */
@NullMarked
package example.terrace.sdk.model;

import org.jspecify.annotations.NullMarked;
