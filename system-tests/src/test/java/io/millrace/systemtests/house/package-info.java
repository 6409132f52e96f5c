/**
 * The rules of the house, as tests: which module may know which, who may touch clocks and threads, how large a unit may
 * grow and what must be documented. Nothing here runs product code; the class files and the sources are read. Start
 * here: {@link io.millrace.systemtests.house.ArrowsTest}.
 */
@NullMarked
package io.millrace.systemtests.house;

import org.jspecify.annotations.NullMarked;
