/**
 * DynamoDB Local as a process of its own that listens on loopback only, for tests and for the local stack. Its jars are
 * no part of this project: the build leaves a list of where Maven put them, and nothing here needs them to compile. Start
 * here: {@link io.millrace.dynamodblocal.DynamoDbLocal#start}; an instance is safe for any thread.
 */
@NullMarked
package io.millrace.dynamodblocal;

import org.jspecify.annotations.NullMarked;
