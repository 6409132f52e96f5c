package io.millrace.lease.table;

final class InMemoryLeaseTableTest extends LeaseTableConformance {
    @Override
    LeaseTable emptyTable() {
        return new InMemoryLeaseTable();
    }
}
