/**
 * Time and threads, the only place that touches either: everything else is handed a {@link io.millrace.runtime.Platform}
 * and asks it for the time, for event loops and for threads that may block. {@link io.millrace.runtime.SystemPlatform}
 * is the real one; the simulation kit has one whose time and order of events a test decides. A mutable object of the
 * project belongs to exactly one {@link io.millrace.runtime.EventLoop}; what comes from elsewhere comes as a message.
 */
@NullMarked
package io.millrace.runtime;

import org.jspecify.annotations.NullMarked;
