/**
 * Whole workers over a real stream server and DynamoDB Local, in one JVM and on loopback. Each test has its own stream and
 * application. Start here: {@code WorkerTest}.
 */
@NullMarked
package io.millrace.systemtests.worker;

import org.jspecify.annotations.NullMarked;
