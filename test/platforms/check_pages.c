// To be preloaded where a system only says that its pages are large, as qemu's does: ends the process
// when a mapping of a file, or one in a place that was asked for, is not made of such pages. CHECKED_PAGE_SIZE
// says how large they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>

static size_t page(void) {
  static size_t size;
  if (size == 0) size = strtoul(getenv("CHECKED_PAGE_SIZE"), NULL, 10);
  return size;
}

static void need(int whether, const char* what, uintptr_t value) {
  if (whether) return;
  fprintf(stderr, "%s is not a multiple of %zu: %#zx\n", what, page(), (size_t)value);
  abort();
}

static void* map(const char* name, void* where, size_t length, int protection, int flags, int fd, off_t offset) {
  void* (*next)(void*, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, name);
  need(offset % page() == 0, "mmap's offset", (uintptr_t)offset);
  if (flags & MAP_FIXED) need((uintptr_t)where % page() == 0, "mmap's address", (uintptr_t)where);
  return next(where, length, protection, flags, fd, offset);
}

void* mmap(void* where, size_t length, int protection, int flags, int fd, off_t offset) {
  return map("mmap", where, length, protection, flags, fd, offset);
}

void* mmap64(void* where, size_t length, int protection, int flags, int fd, off_t offset) {
  return map("mmap64", where, length, protection, flags, fd, offset);
}

int munmap(void* where, size_t length) {
  int (*next)(void*, size_t) = dlsym(RTLD_NEXT, "munmap");
  need((uintptr_t)where % page() == 0, "munmap's address", (uintptr_t)where);
  return next(where, length);
}

int madvise(void* where, size_t length, int advice) {
  int (*next)(void*, size_t, int) = dlsym(RTLD_NEXT, "madvise");
  need((uintptr_t)where % page() == 0, "madvise's address", (uintptr_t)where);
  return next(where, length, advice);
}

int mincore(void* where, size_t length, unsigned char* flags) {
  int (*next)(void*, size_t, unsigned char*) = dlsym(RTLD_NEXT, "mincore");
  need((uintptr_t)where % page() == 0, "mincore's address", (uintptr_t)where);
  return next(where, length, flags);
}
