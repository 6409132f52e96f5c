package io.millrace.benchmarks.kclmultilang;

import io.millrace.benchmarks.multilang.ProcessFigures;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.multilang.MultiLangDaemonConfig;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.kpl.ExtendedSequenceNumber;

/**
 * Tells one child of Amazon's daemon the same records again and again, by the daemon's own processor, and prints what that cost. There
 * is no stream and no lease table; checkpoints succeed and save nothing.
 */
public final class AmazonsChild {
    private static final long FIRST = 1_700_000_000L;

    private AmazonsChild() {}

    /**
     * Runs it once and ends the process: the daemon's threads would keep it.
     *
     * @param arguments a .properties file of Amazon's daemon, the bytes of a record, the records of a batch, and the seconds of the
     *     warm-up and of the measurement
     */
    public static void main(String[] arguments) throws IOException {
        ShardRecordProcessor processor = new MultiLangDaemonConfig(arguments[0])
                .getRecordProcessorFactory()
                .shardRecordProcessor();
        processor.initialize(InitializationInput.builder()
                .shardId("shardId-000000000000")
                .extendedSequenceNumber(ExtendedSequenceNumber.TRIM_HORIZON)
                .build());
        long self = ProcessHandle.current().pid();
        long child =
                ProcessHandle.current().children().findFirst().orElseThrow().pid();
        int batch = Integer.parseInt(arguments[2]);
        ProcessRecordsInput records = ProcessRecordsInput.builder()
                .records(records(Integer.parseInt(arguments[1]), batch))
                .millisBehindLatest(0L)
                .checkpointer(checkpointer())
                .build();
        long unused = tell(processor, records, seconds(arguments[3]));
        long childBefore = ProcessFigures.cpuNanos(child);
        long selfBefore = ProcessFigures.cpuNanos(self);
        long began = System.nanoTime();
        long told = batch * tell(processor, records, seconds(arguments[4]));
        long took = System.nanoTime() - began;
        System.out.println("told " + told + " " + took + " " + (ProcessFigures.cpuNanos(child) - childBefore) + " "
                + (ProcessFigures.cpuNanos(self) - selfBefore));
        Runtime.getRuntime().halt(0);
    }

    private static Duration seconds(String text) {
        return Duration.ofSeconds(Long.parseLong(text));
    }

    private static long tell(ShardRecordProcessor processor, ProcessRecordsInput records, Duration time) {
        long began = System.nanoTime();
        long told = 0;
        while (System.nanoTime() - began < time.toNanos()) {
            processor.processRecords(records);
            told++;
        }
        return told;
    }

    private static RecordProcessorCheckpointer checkpointer() {
        return (RecordProcessorCheckpointer) Proxy.newProxyInstance(
                AmazonsChild.class.getClassLoader(),
                new Class<?>[] {RecordProcessorCheckpointer.class},
                (proxy, method, given) -> null);
    }

    private static List<KinesisClientRecord> records(int size, int count) {
        Random random = new Random(1);
        List<KinesisClientRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] data = new byte[size];
            random.nextBytes(data);
            records.add(KinesisClientRecord.builder()
                    .data(ByteBuffer.wrap(data))
                    .partitionKey("customer-" + i)
                    // As long as those of a stream.
                    .sequenceNumber("4959000000000000000000000000000000000000000000" + (1_000_000_000L + i))
                    .subSequenceNumber(0)
                    .approximateArrivalTimestamp(Instant.ofEpochSecond(FIRST))
                    .build());
        }
        return records;
    }
}
