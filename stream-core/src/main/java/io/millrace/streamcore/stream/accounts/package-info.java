/**
 * The streams of every account and region in one storage: each account has a part of it, and the streams in there. Safe for
 * any thread; nothing but opening and closing blocks. Start here:
 * {@link io.millrace.streamcore.stream.accounts.AccountStreams}.
 */
@NullMarked
package io.millrace.streamcore.stream.accounts;

import org.jspecify.annotations.NullMarked;
