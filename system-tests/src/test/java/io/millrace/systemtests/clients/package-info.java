/**
 * Real clients, unmodified but for the endpoint, against a real server. Each test starts its own server on a free port and
 * runs the client as a process of its own; where the client is not installed the test is skipped and says so. Start here:
 * {@code Boto3Test} and {@code AwsCliTest}.
 */
@NullMarked
package io.millrace.systemtests.clients;

import org.jspecify.annotations.NullMarked;
