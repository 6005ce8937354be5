#include "core/release.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "core/system_error.h"

namespace mmapdir {

void release(std::byte* address, std::size_t length, Release how) {
#ifdef MADV_COLD
  if (how == Release::kCold) {
    if (::madvise(address, length, MADV_COLD) == 0) return;
    // EINVAL: a kernel before 5.4.
  }
#else
  static_cast<void>(how);
#endif
  if (::madvise(address, length, MADV_DONTNEED) != 0) throwLastError("madvise");
}

// Not MADV_PAGEOUT, which does nothing, without a word, for who does not own the file.
void dropCached(const Descriptor& file, std::uint64_t length) {
#ifdef POSIX_FADV_DONTNEED
  const int code = ::posix_fadvise(static_cast<int>(file.get()), 0, static_cast<off_t>(length),
                                   POSIX_FADV_DONTNEED);
  if (code != 0) throw SystemError("posix_fadvise", code);
#else
  static_cast<void>(file);
  static_cast<void>(length);
#endif
}

}  // namespace mmapdir
