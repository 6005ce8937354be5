#include "core/release.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "core/system_error.h"

namespace mmapdir {

namespace {

// Not MADV_PAGEOUT, which asks who owns the file and passes over pages that another process maps
// without a word: here, pages leave this process in any case, and the cache where nobody else maps them.
void drop(std::byte* address, std::size_t length, const Descriptor& file, std::uint64_t offset) {
  if (::madvise(address, length, MADV_DONTNEED) != 0) throwLastError("madvise");
#ifdef POSIX_FADV_DONTNEED
  const int code = ::posix_fadvise(static_cast<int>(file.get()), static_cast<off_t>(offset),
                                   static_cast<off_t>(length), POSIX_FADV_DONTNEED);
  if (code != 0) throw SystemError("posix_fadvise", code);
#else
  static_cast<void>(file);
  static_cast<void>(offset);
#endif
}

}  // namespace

void release(std::byte* address, std::size_t length, const Descriptor& file, std::uint64_t offset,
             Release how) {
  if (how == Release::kDrop) {
    drop(address, length, file, offset);
    return;
  }
#ifdef MADV_COLD
  if (::madvise(address, length, MADV_COLD) == 0) return;
  // EINVAL: a kernel before 5.4.
#endif
  if (::madvise(address, length, MADV_DONTNEED) != 0) throwLastError("madvise");
}

}  // namespace mmapdir
