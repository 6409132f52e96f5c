/**
 * What {@code millrace leases} shows of an application's lease table and does to it, moving to the KCL and back included.
 * Everything belongs to the command's one thread and blocks; what is shown is a pure function of a
 * {@link io.millrace.cli.leases.Snapshot}. Start here: {@link io.millrace.cli.leases.LeasesCommand}.
 */
@NullMarked
package io.millrace.cli.leases;

import org.jspecify.annotations.NullMarked;
