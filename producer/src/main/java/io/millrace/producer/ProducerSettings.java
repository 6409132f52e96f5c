package io.millrace.producer;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * The settings that a {@link ProducerBuilder} has collected; see there.
 *
 * @param stream the name or ARN
 * @param isOrdered the records of a key keep their order
 * @param aggregateBytes the most bytes of an aggregate; 0 for none
 * @param linger how long a record waits for company
 * @param giveUpAfter how old a record becomes
 * @param maxBytes how much may be held
 * @param whenFull what happens beyond that
 * @param maxRecordBytes the most bytes of a record and its key
 * @param requests how many calls are under way at once
 * @param requestTimeout how long a call may take
 * @param hotKeys the keys that are spread
 * @param ways over how many hash keys each of them is spread
 */
record ProducerSettings(
        String stream,
        boolean isOrdered,
        int aggregateBytes,
        Duration linger,
        Duration giveUpAfter,
        long maxBytes,
        WhenFull whenFull,
        int maxRecordBytes,
        int requests,
        Duration requestTimeout,
        Predicate<String> hotKeys,
        int ways) {}
