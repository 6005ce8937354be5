#include "core/residency.h"

#include <algorithm>
#include <array>
#include <sys/mman.h>

#include "core/pages.h"
#include "core/system_error.h"

namespace mmapdir {

bool residencyComplete() { return true; }

std::size_t residentBytes(std::byte* address, std::size_t length) {
  // One flag a page; a fixed piece of the stack serves 16 MiB of 4 KiB pages a call.
#ifdef __APPLE__
  std::array<char, 4096> flags;
#else
  std::array<unsigned char, 4096> flags;
#endif
  const std::size_t page = pageSize();
  std::size_t resident = 0;
  for (std::size_t done = 0; done < length;) {
    const std::size_t piece = std::min(length - done, page * flags.size());
    if (::mincore(address + done, piece, flags.data()) != 0) throwLastError("mincore");
    for (std::size_t at = 0; at < piece; at += page) {
      if (flags[at / page] & 1) resident += std::min(page, piece - at);
    }
    done += piece;
  }
  return resident;
}

}  // namespace mmapdir
