package io.millrace.multilang.processor;

import io.millrace.multilang.child.ChildName;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns once of each shard whose records no failure policy can give up. Safe for any thread. */
final class PolicyWarning {
    private static final Logger log = LoggerFactory.getLogger(PolicyWarning.class);

    private final boolean isWanted;
    private final Set<ChildName> warned = ConcurrentHashMap.newKeySet();

    /** Warns if {@code isWanted}: without a policy there is nothing to warn of. */
    PolicyWarning(boolean isWanted) {
        this.isWanted = isWanted;
    }

    /** A child ended with records in hand while some that were answered before are not checkpointed. */
    void childEndedWithOpenRecords(ChildName child) {
        if (isWanted && warned.add(child)) {
            log.warn(
                    "The child of {} ended with records in hand, and others that it had answered before are not checkpointed:"
                            + " the next child begins at the checkpoint, and failures are counted anew. Where that happens"
                            + " again and again no failure policy can end that: checkpoint more often, best with every batch",
                    child);
        }
    }
}
