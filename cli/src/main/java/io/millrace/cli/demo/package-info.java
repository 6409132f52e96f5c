/**
 * {@code millrace demo}: the main job for real, judged. The demo process runs the server, DynamoDB Local and the producer,
 * and starts workers as processes of their own, which report each record that they processed; a
 * {@link io.millrace.cli.demo.Ledger} decides whether any was lost or out of order. Start here:
 * {@link io.millrace.cli.demo.DemoCommand}.
 */
@NullMarked
package io.millrace.cli.demo;

import org.jspecify.annotations.NullMarked;
