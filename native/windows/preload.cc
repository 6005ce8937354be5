#include "core/preload.h"

#include <windows.h>

#include "core/pages.h"
#include "core/system_error.h"
#include "windows/prefetch_memory.h"

namespace mmapdir {

void preload(std::byte* address, std::size_t length, const Descriptor&, std::uint64_t) {
  prefetchMemory(address, length);
  // That waits for nothing and adds nothing to the working set.
  const std::size_t page = pageSize();
  for (std::size_t at = 0; at < length; at += page) {
    static_cast<void>(*static_cast<const volatile std::byte*>(address + at));
  }
  // Where a page could not be read, the fault guard has put memory in the place of the view.
  MEMORY_BASIC_INFORMATION view;
  if (::VirtualQuery(address, &view, sizeof view) == 0) throwLastError("VirtualQuery");
  if (view.Type != MEM_MAPPED) throwUnreadable("MapViewOfFile");
}

}  // namespace mmapdir
