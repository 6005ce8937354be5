#include "core/preload.h"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <vector>

#include "core/pages.h"
#include "core/system_error.h"

namespace mmapdir {

namespace {

// Into the page cache only: touching the mapping would raise SIGBUS where the file was truncated.
void readThrough(const Descriptor& file, std::uint64_t offset, std::size_t length) {
  std::vector<std::byte> scratch(std::min<std::size_t>(length, 256 * 1024));
  for (std::size_t done = 0; done < length;) {
    const std::size_t count =
        file.readAt(scratch.data(), std::min(scratch.size(), length - done), offset + done);
    if (count == 0) {
      // What is missing of a page that the file still has a byte of can be read, as zeros.
      const std::uint64_t end = offset + done;
      const std::uint64_t pageEnd = (end + pageSize() - 1) / pageSize() * pageSize();
      if (offset + length <= pageEnd) return;
      throwUnreadable("read");
    }
    done += count;
  }
}

}  // namespace

void preload(std::byte* address, std::size_t length, const Descriptor& file, std::uint64_t offset) {
#ifdef MADV_POPULATE_READ
  while (::madvise(address, length, MADV_POPULATE_READ) != 0) {
    if (errno == EINTR || errno == EAGAIN) continue;
    // EINVAL: a kernel before 5.14.
    if (errno != EINVAL) throwLastError("madvise");
    readThrough(file, offset, length);
    return;
  }
#else
  static_cast<void>(address);
  readThrough(file, offset, length);
#endif
}

}  // namespace mmapdir
