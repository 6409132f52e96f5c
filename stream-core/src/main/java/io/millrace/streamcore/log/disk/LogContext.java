package io.millrace.streamcore.log.disk;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the logs of one writer thread share.
 *
 * @param files the file system
 * @param mark what the last clean stop left; goes before the first change
 * @param folder the data directory
 * @param keys the key of what is encrypted
 * @param settings how to work
 * @param loop the writer thread; it may block on the disk
 * @param readers runs reads of older batches
 * @param clock for the batches' time stamps
 * @param random for the salt of files
 * @param ticker for how long things take
 * @param probe hears of it
 * @param staging where bytes are gathered for one write; belongs to {@code loop}
 */
record LogContext(
        DiskFiles files,
        CleanMark mark,
        DataDirectory folder,
        KeyRing keys,
        LogSettings settings,
        EventLoop loop,
        Executor readers,
        InstantSource clock,
        RandomGenerator random,
        Ticker ticker,
        LogProbe probe,
        ByteBuffer staging) {}
