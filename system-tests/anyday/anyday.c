/* Preloaded into the processes of the tests (see ./run): the wall clock is ANYDAY_SECONDS ahead. The monotonic clock is left
   alone, so that waits last as long as they should. LC_ALL holds even where its locale is not installed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* No monotonic clock shows so many seconds; the wall clock has since 2001. */
#define WALL_CLOCK 1000000000

static time_t ahead(void) {
    static time_t known;
    const char *seconds;
    if (!known && (seconds = getenv("ANYDAY_SECONDS"))) known = atol(seconds);
    return known;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
    return result;
}

/* Some C++ libraries ask the kernel by number. */
long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) real = dlsym(RTLD_NEXT, "syscall");
    long given[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) given[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_clock_gettime) return clock_gettime((clockid_t)given[0], (struct timespec *)given[1]);
    return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    if (clock_gettime(CLOCK_REALTIME, &precise)) return -1;
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME_COARSE, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

/* A deadline on the wall clock goes back to the kernel's own. */
int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec kernels = *deadline;
    if (kernels.tv_sec > WALL_CLOCK) kernels.tv_sec -= ahead();
    return real(cond, mutex, &kernels);
}

char *setlocale(int category, const char *name) {
    static char *(*real)(int, const char *);
    static char *missing;
    if (!real) real = dlsym(RTLD_NEXT, "setlocale");
    char *result = real(category, name), *wanted = getenv("LC_ALL");
    int asked = name && wanted && (!*name || !strcmp(name, wanted));
    if (asked && !result && (result = real(category, "C.UTF-8"))) missing = wanted;
    return result && missing && (asked || !name) ? missing : result;
}
