package io.millrace.benchmarks.multilang;

import io.millrace.multilang.child.ChildCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A language of children and the way in which they are told. */
record Speech(Language language, boolean isFramed) {
    /** A language that we have a package for. */
    enum Language {
        PYTHON,
        NODE
    }

    /**
     * The command of a child.
     *
     * @param top the checkout
     * @param handler the handler's class, as the files in {@code benchmarks/multilang} have it
     * @param shards how many shards a process serves
     */
    ChildCommand command(Path top, String handler, int shards) {
        List<String> words = new ArrayList<>(List.of("env"));
        if (!isFramed) {
            // Without the socket's name a child speaks lines.
            words.addAll(List.of("-u", "MILLRACE_SOCKET"));
        }
        Path handlers = top.resolve("benchmarks").resolve("multilang");
        if (language == Language.PYTHON) {
            words.add("PYTHONPATH=" + top.resolve("multilang/python/src") + ":" + handlers);
            words.addAll(
                    List.of("PYTHONDONTWRITEBYTECODE=1", "python3", "-m", "millrace", "child", "handlers:" + handler));
        } else {
            Path bin = top.resolve("multilang/node/bin/millrace-node.cjs");
            words.addAll(List.of("node", bin.toString(), "child", handlers.resolve("handlers.cjs") + "#" + handler));
        }
        return new ChildCommand(words, "benchmark", Map.of(), isFramed ? shards : 1);
    }

    @Override
    public String toString() {
        return (language == Language.PYTHON ? "Python" : "Node.js") + ", " + (isFramed ? "frames" : "lines");
    }
}
