package io.millrace.lease.table;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What a worker tells of its leases, as attributes of an item: {@code shards}, a map from {@code STREAM/SHARD} to words
 * such as {@code epoch=7 doing=BATCH_FAILED behind=45000 times=12 why=0}, and {@code whys}, the texts that those refer to by
 * number, for a sink that is down is one text and not a thousand. Times are milliseconds, moments are counted from 1970. Words
 * that this version does not know are left alone, and a lease whose words it cannot read is left out.
 */
final class StatusCodec {
    /** What a map's entry takes besides its texts (DynamoDB, item sizes: 1 byte each, 3 for the map), and a margin. */
    private static final int OVERHEAD = 4;

    private StatusCodec() {}

    static void write(HealthRow row, Map<String, @Nullable AttributeValue> item) {
        List<String> whys = new ArrayList<>();
        Map<String, AttributeValue> shards = new LinkedHashMap<>();
        for (LeaseStatus status : row.statuses()) {
            shards.put(status.key().toString(), RowCodec.text(words(status, text -> number(text, whys))));
        }
        item.put("at", RowCodec.text(row.at().toString()));
        item.put("shards", AttributeValue.fromM(shards));
        item.put("whys", AttributeValue.fromL(whys.stream().map(RowCodec::text).toList()));
        item.put("leftOut", RowCodec.number(row.leftOut()));
    }

    static List<LeaseStatus> read(Map<String, AttributeValue> shards, List<AttributeValue> whys) {
        List<String> texts = whys.stream().map(AttributeValue::s).toList();
        List<LeaseStatus> statuses = new ArrayList<>();
        shards.forEach((key, words) -> {
            try {
                statuses.add(status(key, words.s(), texts));
            } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException unreadable) {
                // Of a newer version: the others are told all the same.
            }
        });
        return LeaseStatus.worstFirst(statuses);
    }

    /** Without the positions of the batch and the place of the wait, which are the longest and differ for each. */
    static LeaseStatus inShort(LeaseStatus status) {
        LeaseStatus.Failure failure = status.failureOrNull();
        LeaseStatus.Wait wait = status.waitOrNull();
        return new LeaseStatus(
                status.key(),
                status.epoch(),
                status.doing(),
                status.behind(),
                status.trend(),
                status.busyPercent(),
                failure == null
                        ? null
                        : new LeaseStatus.Failure(failure.since(), failure.what(), failure.times(), null),
                wait == null ? null : new LeaseStatus.Wait(wait.what(), wait.since(), wait.isStuck(), ""));
    }

    /** How much room statuses take, counted up. */
    static final class Size {
        private final Set<String> texts = new HashSet<>();
        private int bytes;

        int bytes() {
            return bytes;
        }

        int with(LeaseStatus status) {
            int[] news = {0};
            String words = words(status, text -> {
                news[0] += texts.contains(text) ? 0 : length(text) + OVERHEAD;
                // The longest number there may be.
                return 9999;
            });
            return bytes + news[0] + length(status.key().toString()) + length(words) + OVERHEAD;
        }

        void add(LeaseStatus status) {
            bytes = with(status);
            String unused = words(status, text -> texts.add(text) ? 0 : 1);
        }

        private static int length(String text) {
            return text.getBytes(StandardCharsets.UTF_8).length;
        }
    }

    /** Keeps a text and gives its number. */
    private interface Texts {
        int number(String text);
    }

    private static int number(String text, List<String> whys) {
        if (!whys.contains(text)) {
            whys.add(text);
        }
        return whys.indexOf(text);
    }

    private static String words(LeaseStatus status, Texts texts) {
        StringBuilder words = new StringBuilder()
                .append("epoch=")
                .append(status.epoch())
                .append(" doing=")
                .append(status.doing())
                .append(" behind=")
                .append(status.behind().toMillis());
        if (status.trend() != LeaseStatus.Trend.STEADY) {
            words.append(" trend=").append(status.trend());
        }
        if (status.busyPercent() > 0) {
            words.append(" busy=").append(status.busyPercent());
        }
        status.failure().ifPresent(failure -> {
            words.append(" fails=").append(failure.since().toEpochMilli());
            words.append(" times=").append(failure.times());
            words.append(" why=").append(texts.number(failure.what()));
            failure.batch()
                    .ifPresent(batch -> words.append(" first=")
                            .append(text(batch.first()))
                            .append(" last=")
                            .append(text(batch.last()))
                            .append(" records=")
                            .append(batch.records()));
        });
        status.longWait().ifPresent(wait -> {
            words.append(wait.isStuck() ? " stuck=" : " waits=");
            words.append(wait.since().toEpochMilli());
            words.append(" for=").append(texts.number(wait.what()));
            if (!wait.place().isEmpty()) {
                words.append(" place=").append(texts.number(wait.place()));
            }
        });
        return words.toString();
    }

    private static LeaseStatus status(String key, String words, List<String> texts) {
        Map<String, String> values = new HashMap<>();
        for (String word : words.split(" ", -1)) {
            int middle = word.indexOf('=');
            values.put(word.substring(0, middle), word.substring(middle + 1));
        }
        int middle = key.indexOf('/');
        return new LeaseStatus(
                new LeaseKey(new StreamName(key.substring(0, middle)), new ShardId(key.substring(middle + 1))),
                Long.parseLong(values.getOrDefault("epoch", "")),
                values.getOrDefault("doing", "UNKNOWN"),
                Duration.ofMillis(Long.parseLong(values.getOrDefault("behind", "0"))),
                LeaseStatus.Trend.valueOf(values.getOrDefault("trend", LeaseStatus.Trend.STEADY.name())),
                Integer.parseInt(values.getOrDefault("busy", "0")),
                failure(values, texts),
                wait(values, texts));
    }

    private static LeaseStatus.@Nullable Failure failure(Map<String, String> values, List<String> texts) {
        String since = values.get("fails");
        if (since == null) {
            return null;
        }
        String first = values.get("first");
        LeaseStatus.Batch batch = first == null
                ? null
                : new LeaseStatus.Batch(
                        position(first),
                        position(values.getOrDefault("last", first)),
                        Integer.parseInt(values.getOrDefault("records", "1")));
        return new LeaseStatus.Failure(
                Instant.ofEpochMilli(Long.parseLong(since)),
                texts.get(Integer.parseInt(values.getOrDefault("why", ""))),
                Integer.parseInt(values.getOrDefault("times", "1")),
                batch);
    }

    private static LeaseStatus.@Nullable Wait wait(Map<String, String> values, List<String> texts) {
        boolean isStuck = values.containsKey("stuck");
        String since = isStuck ? values.get("stuck") : values.get("waits");
        if (since == null) {
            return null;
        }
        String place = values.get("place");
        return new LeaseStatus.Wait(
                texts.get(Integer.parseInt(values.getOrDefault("for", ""))),
                Instant.ofEpochMilli(Long.parseLong(since)),
                isStuck,
                place == null ? "" : texts.get(Integer.parseInt(place)));
    }

    private static String text(RecordPosition position) {
        return position.sequenceNumber()
                + (position.subSequenceNumber() == 0 ? "" : "/" + position.subSequenceNumber());
    }

    private static RecordPosition position(String text) {
        int middle = text.indexOf('/');
        return middle < 0
                ? RecordPosition.of(SequenceNumber.parse(text))
                : new RecordPosition(
                        SequenceNumber.parse(text.substring(0, middle)), Long.parseLong(text.substring(middle + 1)));
    }
}
