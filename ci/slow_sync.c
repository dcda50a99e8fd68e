/* A disk whose syncs take SYNC_US microseconds more, for a program that is started with this in LD_PRELOAD:
   what is measured here on a disk of the machine's own holds for one behind a network too. */
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
