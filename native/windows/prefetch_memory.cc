#include "windows/prefetch_memory.h"

#include <windows.h>

namespace mmapdir {

void prefetchMemory(std::byte* address, std::size_t length) noexcept {
  // Looked up, as emulations of Windows lack it.
  using Prefetch = BOOL(WINAPI*)(HANDLE, ULONG_PTR, PWIN32_MEMORY_RANGE_ENTRY, ULONG);
  static const auto prefetch = reinterpret_cast<Prefetch>(reinterpret_cast<void*>(
      ::GetProcAddress(::GetModuleHandleW(L"kernel32.dll"), "PrefetchVirtualMemory")));
  if (prefetch == nullptr || length == 0) return;
  WIN32_MEMORY_RANGE_ENTRY range = {address, length};
  prefetch(::GetCurrentProcess(), 1, &range, 0);
}

}  // namespace mmapdir
