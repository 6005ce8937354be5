#include "core/huge_pages.h"

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <sys/mman.h>

#include "core/system_error.h"

// Linux 6.1; the C library's headers may be older.
#if defined(__linux__) && !defined(MADV_COLLAPSE)
#define MADV_COLLAPSE 25
#endif

namespace mmapdir {

#ifdef __linux__
namespace {

/// Whether some of the range is mapped by huge pages now.
bool hasHugePages(std::byte* address, std::size_t length) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> smaps(std::fopen("/proc/self/smaps", "re"),
                                                              std::fclose);
  if (!smaps) return false;
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  char line[512];
  bool within = false;
  while (std::fgets(line, sizeof line, smaps.get()) != nullptr) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    unsigned long kilobytes = 0;
    if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
      within = from < begin + length && to > begin;
    } else if (within && (std::sscanf(line, "FilePmdMapped: %lu", &kilobytes) == 1 ||
                          std::sscanf(line, "ShmemPmdMapped: %lu", &kilobytes) == 1)) {
      if (kilobytes != 0) return true;
    }
  }
  return false;
}

}  // namespace
#endif

void useHugePages(std::byte* address, std::size_t length) {
#ifdef MADV_HUGEPAGE
  if (::madvise(address, length, MADV_HUGEPAGE) != 0) throwLastError("madvise");
#else
  static_cast<void>(address);
  static_cast<void>(length);
  throwNotSupported("madvise");
#endif
}

void collapsePages(std::byte* address, std::size_t length) {
#ifdef MADV_COLLAPSE
  while (::madvise(address, length, MADV_COLLAPSE) != 0) {
    const int code = errno;
    if (code == EAGAIN || code == EINTR) continue;
    // EINVAL, too, where the file system itself has given huge pages (ext4 since Linux 6.16).
    if (code == EINVAL && hasHugePages(address, length)) return;
    throw SystemError("madvise", code);
  }
#else
  static_cast<void>(address);
  static_cast<void>(length);
  throwNotSupported("madvise");
#endif
}

}  // namespace mmapdir
