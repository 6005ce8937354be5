#include "core/residency.h"

#include <algorithm>
#include <array>
#include <windows.h>

#include <psapi.h>  // needs windows.h

#include "core/pages.h"
#include "core/system_error.h"

namespace mmapdir {

// Pages that are in memory, but not in this process's working set, cannot be asked about.
bool residencyComplete() { return false; }

std::size_t residentBytes(std::byte* address, std::size_t length) {
  std::array<PSAPI_WORKING_SET_EX_INFORMATION, 512> pages;
  const std::size_t page = pageSize();
  std::size_t resident = 0;
  for (std::size_t done = 0; done < length;) {
    const std::size_t piece = std::min(length - done, page * pages.size());
    const std::size_t count = (piece + page - 1) / page;
    for (std::size_t index = 0; index < count; index++) {
      pages[index].VirtualAddress = address + done + index * page;
    }
    if (!::K32QueryWorkingSetEx(::GetCurrentProcess(), pages.data(),
                                static_cast<DWORD>(count * sizeof pages[0]))) {
      throwLastError("QueryWorkingSetEx");
    }
    for (std::size_t index = 0; index < count; index++) {
      if (pages[index].VirtualAttributes.Valid) resident += std::min(page, piece - index * page);
    }
    done += piece;
  }
  return resident;
}

}  // namespace mmapdir
