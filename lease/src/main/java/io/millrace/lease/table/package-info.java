/**
 * The one table behind lease coordination: rows as values, and a compare-and-set map of them with two twins, DynamoDB and
 * memory. Every write names the revision it saw, so a late, repeated or outdated write never applies; nothing here
 * decides anything. All types are safe for any thread; start here: {@link io.millrace.lease.table.LeaseTable}.
 */
@NullMarked
package io.millrace.lease.table;

import org.jspecify.annotations.NullMarked;
