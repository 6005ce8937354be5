// What native/metal uses of Objective-C's runtime and of Metal, for Linux. It ends the process when it is used in a
// way that the real one does not allow: pages that are none, wrong options, released objects, and above
// all a buffer that outlives its pages. One library stands for libobjc, CoreGraphics and Metal.
//
// The environment says, at every call, how the device is:
//
//   FAKE_METAL_PAGE        what addresses and lengths have to be multiples of; 16384 by default
//   FAKE_METAL_MAX_BUFFER  maxBufferLength; 1 GiB by default
//   FAKE_METAL_REFUSE      words of: device, no-copy, copy
//   FAKE_METAL_LOG         a file for a line about each message
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum kind { DEVICE = 0x64657669, BUFFER = 0x62756666, STRING = 0x73747269, RELEASED = 0x64656164 };

// Tests read these three words at the handle of a buffer.
struct object {
  uint64_t kind;
  unsigned char* contents;
  uint64_t length;
  uint64_t copied;
};

static atomic_long buffers, pools;
static _Thread_local int open_pools;

static void say(const char* format, ...) {
  const char* path = getenv("FAKE_METAL_LOG");
  if (path == NULL || *path == '\0') return;
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, line, (size_t)length) != length) abort();
  close(fd);
}

static void not_allowed(const char* what) {
  fprintf(stderr, "fake Metal: %s\n", what);
  say("not allowed: %s\n", what);
  abort();
}

static uint64_t number(const char* name, uint64_t otherwise) {
  const char* text = getenv(name);
  return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 10);
}

static int refuses(const char* word) {
  const char* text = getenv("FAKE_METAL_REFUSE");
  if (text == NULL) return 0;
  const size_t length = strlen(word);
  for (const char* at = text; *at != '\0';) {
    const size_t end = strcspn(at, " ");
    if (end == length && strncmp(at, word, length) == 0) return 1;
    at += end + strspn(at + end, " ");
  }
  return 0;
}

static int is_mapped(const void* address, uint64_t length) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t begin = (uintptr_t)address / page * page;
  const uintptr_t end = ((uintptr_t)address + length + page - 1) / page * page;
  return msync((void*)begin, end - begin, MS_ASYNC) == 0;
}

void* objc_autoreleasePoolPush(void) {
  pools++;
  open_pools++;
  return &open_pools;
}

void objc_autoreleasePoolPop(void* pool) {
  if (pool != &open_pools || open_pools == 0) not_allowed("a pool of another thread, or none");
  pools--;
  open_pools--;
}

// Selectors are their names, each once.
static const char* const names[] = {
    "name", "UTF8String", "maxBufferLength", "hasUnifiedMemory", "release",
    "newBufferWithBytesNoCopy:length:options:deallocator:", "newBufferWithBytes:length:options:"};

const void* sel_registerName(const char* name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(names[i], name) == 0) return names[i];
  }
  not_allowed(name);
  return NULL;
}

static struct object* new_object(enum kind kind, unsigned char* contents, uint64_t length, uint64_t copied) {
  struct object* object = malloc(sizeof *object);
  if (object == NULL) abort();
  *object = (struct object){kind, contents, length, copied};
  return object;
}

static uint64_t new_buffer_no_copy(unsigned char* address, uint64_t length, uint64_t options, const void* deallocator) {
  say("newBufferWithBytesNoCopy %#" PRIxPTR " %" PRIu64 "\n", (uintptr_t)address, length);
  const uint64_t page = number("FAKE_METAL_PAGE", 16384);
  if ((uintptr_t)address % page != 0) not_allowed("pointer is not aligned");
  if (length == 0 || length % page != 0) not_allowed("length is no multiple of the page");
  if (length > number("FAKE_METAL_MAX_BUFFER", 1 << 30)) not_allowed("length is above maxBufferLength");
  if (options != 0) not_allowed("storage mode is not shared");
  if (deallocator != NULL) not_allowed("there is a deallocator");
  if (!is_mapped(address, length)) not_allowed("some of the pages are not mapped");
  if (refuses("no-copy")) return 0;
  buffers++;
  return (uintptr_t)new_object(BUFFER, address, length, 0);
}

static uint64_t new_buffer(const unsigned char* address, uint64_t length, uint64_t options) {
  say("newBufferWithBytes %" PRIu64 "\n", length);
  if (length == 0 || length > number("FAKE_METAL_MAX_BUFFER", 1 << 30)) not_allowed("length out of range");
  if (options != 0) not_allowed("storage mode is not shared");
  if (refuses("copy")) return 0;
  unsigned char* contents = malloc(length);
  if (contents == NULL) return 0;
  for (uint64_t i = 0; i < length; i++) contents[i] = ((const volatile unsigned char*)address)[i];
  buffers++;
  return (uintptr_t)new_object(BUFFER, contents, length, 1);
}

static uint64_t release(struct object* object) {
  if (object->kind == BUFFER) {
    say("release %s %" PRIu64 "\n", object->copied ? "copy" : "pages", object->length);
    if (!object->copied && !is_mapped(object->contents, object->length)) not_allowed("a buffer outlived its pages");
    if (object->copied) free(object->contents);
    buffers--;
  }
  object->kind = RELEASED;
  free(object);
  return 0;
}

// As on the real one, what a method does not take is whatever is in the registers.
uint64_t objc_msgSend(struct object* self, const char* selector, uint64_t first, uint64_t second, uint64_t third,
                      uint64_t fourth) {
  static const char text[] = "Fake GPU";
  static struct object string = {STRING, NULL, 0, 0};
  if (open_pools == 0) not_allowed("no pool for what may be autoreleased");
  if (self == NULL) not_allowed("a message to nil");
  if (self->kind == STRING && selector == names[1]) return (uintptr_t)text;
  if (self->kind == BUFFER && selector == names[4]) return release(self);
  if (self->kind == DEVICE) {
    if (selector == names[0]) return (uintptr_t)&string;
    if (selector == names[2]) return number("FAKE_METAL_MAX_BUFFER", 1 << 30);
    // What is above the low byte of a BOOL is nobody's business.
    if (selector == names[3]) return 0xabcdef01;
    if (selector == names[4]) return release(self);
    if (selector == names[5]) return new_buffer_no_copy((void*)(uintptr_t)first, second, third, (void*)(uintptr_t)fourth);
    if (selector == names[6]) return new_buffer((void*)(uintptr_t)first, second, third);
  }
  not_allowed("an object that does not understand the message, or is no more");
  return 0;
}

void* MTLCreateSystemDefaultDevice(void) {
  say("MTLCreateSystemDefaultDevice\n");
  return refuses("device") ? NULL : new_object(DEVICE, NULL, 0, 0);
}

// For tests that look from within the process.
long fake_metal_buffers(void) { return buffers; }
long fake_metal_pools(void) { return pools; }
