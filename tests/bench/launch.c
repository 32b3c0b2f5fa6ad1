// Runs a program and prints a line for it, then one for each process that outlives it:
// wall time in µs, peak memory in KiB, CPU time in µs.
//
// It is small and static because a process's peak memory is never given as less than that of the one that started it.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long microseconds(struct timeval time) { return time.tv_sec * 1000000L + time.tv_usec; }

int main(int argc, char **argv) {
    struct timespec start, end;
    struct rusage used;
    if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t program = vfork();
    if (program == 0) {
        execv(argv[1], argv + 1);
        _exit(127);
    }
    // The program first, so that its line is the first one.
    for (pid_t awaited = program; wait4(awaited, NULL, 0, &used) > 0; awaited = -1) {
        clock_gettime(CLOCK_MONOTONIC, &end);
        long wall = (end.tv_sec - start.tv_sec) * 1000000L + (end.tv_nsec - start.tv_nsec) / 1000;
        fprintf(stderr, "%ld %ld %ld\n", wall, used.ru_maxrss, microseconds(used.ru_utime) + microseconds(used.ru_stime));
    }
    return 0;
}
