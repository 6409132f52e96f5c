/**
 * The frames of our own packages: records as binary columns, all other messages as lines. The page docs/multilang.md has the format;
 * the files in {@code multilang/golden} are examples that Java, Python and Node.js read alike. Start here:
 * {@link io.millrace.multilang.frame.FrameEncoder}.
 */
@NullMarked
package io.millrace.multilang.frame;

import org.jspecify.annotations.NullMarked;
