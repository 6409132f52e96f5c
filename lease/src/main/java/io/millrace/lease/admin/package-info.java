/**
 * What people change in the leases of an application while its workers live. Each change is one conditional write of a row, made
 * again if somebody wrote in between and the reason for it still holds; workers find out by themselves. Start here:
 * {@link io.millrace.lease.admin.LeaseSkip} and {@link io.millrace.lease.admin.LeaseReset}.
 */
@NullMarked
package io.millrace.lease.admin;

import org.jspecify.annotations.NullMarked;
