package io.millrace.benchmarks.multilang;

import io.millrace.multilang.child.ChildCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A language of children, who tells them, and the way in which they are told. */
record Speech(Language language, Way way) {
    /** A language that we have a package for. */
    enum Language {
        PYTHON("Python"),
        NODE("Node.js");

        private final String title;

        Language(String title) {
            this.title = title;
        }
    }

    /** A daemon, and what a child needs to speak to it. */
    enum Way {
        FRAMES("frames"),
        LINES("lines"),
        AMAZON("Amazon's daemon"),
        AMAZON_OWN("Amazon's daemon and client");

        private final String title;

        Way(String title) {
            this.title = title;
        }
    }

    boolean isAmazons() {
        return way == Way.AMAZON || way == Way.AMAZON_OWN;
    }

    /**
     * The command of a child of ours.
     *
     * @param handler the handler's class, as the files in {@code benchmarks/multilang} have it
     * @param shards how many shards a process serves
     */
    ChildCommand command(Peers peers, String handler, int shards) {
        return new ChildCommand(words(peers, handler), "benchmark", Map.of(), way == Way.FRAMES ? shards : 1);
    }

    /** A child's command line, without the socket's name where it is to speak lines; no word has a space. */
    List<String> words(Peers peers, String handler) {
        List<String> words = new ArrayList<>(List.of("env"));
        if (way == Way.LINES) {
            words.addAll(List.of("-u", "MILLRACE_SOCKET"));
        }
        Path handlers = peers.top().resolve("benchmarks").resolve("multilang");
        boolean isOwn = way == Way.AMAZON_OWN;
        if (language == Language.PYTHON) {
            Path library = isOwn ? peers.kclpy() : peers.top().resolve("multilang/python/src");
            words.addAll(List.of("PYTHONPATH=" + library + ":" + handlers, "PYTHONDONTWRITEBYTECODE=1", "python3"));
            words.addAll(
                    isOwn
                            ? List.of(handlers.resolve("kclpy.py").toString(), handler)
                            : List.of("-m", "millrace", "child", "handlers:" + handler));
        } else if (isOwn) {
            words.addAll(List.of(
                    "NODE_PATH=" + peers.nodeModules(),
                    "node",
                    handlers.resolve("aws_kcl.cjs").toString(),
                    handler));
        } else {
            Path bin = peers.top().resolve("multilang/node/bin/millrace-node.cjs");
            words.addAll(List.of("node", bin.toString(), "child", handlers.resolve("handlers.cjs") + "#" + handler));
        }
        return words;
    }

    @Override
    public String toString() {
        return language.title + ", " + way.title;
    }
}
