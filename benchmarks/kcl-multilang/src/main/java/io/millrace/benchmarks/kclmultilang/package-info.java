/**
 * Amazon's MultiLangDaemon on a class path of its own, and a program that tells one of its children records without a stream. Its main
 * class is Amazon's own, {@code software.amazon.kinesis.multilang.MultiLangDaemon}.
 */
@NullMarked
package io.millrace.benchmarks.kclmultilang;

import org.jspecify.annotations.NullMarked;
