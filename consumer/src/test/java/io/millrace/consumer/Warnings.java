package io.millrace.consumer;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The log at WARN and above, or from another level on, below one name, from its making until it is closed. */
public final class Warnings implements AutoCloseable {
    private final Logger logger;
    private final @Nullable Level before;
    private final ListAppender<ILoggingEvent> told = new ListAppender<>();

    public Warnings(String name) {
        this(name, Level.WARN);
    }

    /** The same with what is logged at INFO. */
    public static Warnings fromInfo(String name) {
        return new Warnings(name, Level.INFO);
    }

    public Warnings(String name, Level from) {
        logger = (Logger) LoggerFactory.getLogger(name);
        before = logger.getLevel();
        logger.setLevel(from);
        logger.setAdditive(false);
        told.start();
        logger.addAppender(told);
    }

    public List<String> lines() {
        return told.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    /** How many lines there are. */
    public int count() {
        return told.list.size();
    }

    /** The line of this number, from 0 on. */
    public String line(int number) {
        return told.list.get(number).getFormattedMessage();
    }

    @Override
    public void close() {
        logger.detachAppender(told);
        logger.setAdditive(true);
        logger.setLevel(before);
    }
}
