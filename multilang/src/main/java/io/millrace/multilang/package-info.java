/**
 * The daemon that runs record processors of other languages, each shard's in a process of its own. A user of the command gives it a
 * .properties file; see {@code docs/multilang.md}. Start here: {@link io.millrace.multilang.MultilangDaemon}.
 */
@NullMarked
package io.millrace.multilang;

import org.jspecify.annotations.NullMarked;
