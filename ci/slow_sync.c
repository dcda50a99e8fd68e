/* Makes each sync of a program take SYNC_US microseconds longer (load it with LD_PRELOAD), to measure with a
   local disk roughly what a disk behind a network would give. */
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
