/* A disk whose syncs take SYNC_US microseconds more, for a program that is started with this in LD_PRELOAD:
   to measure on a machine's own disk about what one behind a network would show. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slowly(const char *name, int fd)
{
    const char *us = getenv("SYNC_US");
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    usleep(us ? (useconds_t)atoi(us) : 0);
    return sync(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
