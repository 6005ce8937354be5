#include "core/fault_guard.h"

#include <algorithm>
#include <atomic>
#include <windows.h>

#include "core/pages.h"
#include "core/system_error.h"

namespace mmapdir {

namespace {

/// How much of a lost view becomes memory at once. All of it could be more than the system has; page
/// by page, reading on would take a microsecond and more for each.
constexpr std::size_t kCommitted = std::size_t{1} << 20;

/// One thread at a time puts memory in the place of a view. What the others find meanwhile, addresses
/// with nothing there, brings them to the handler, too, where they wait. Not a mutex, as those
/// allocate.
class ExchangeLock {
 public:
  ExchangeLock() noexcept {
    while (taken.test_and_set(std::memory_order_acquire)) ::SwitchToThread();
  }
  ~ExchangeLock() { taken.clear(std::memory_order_release); }
  ExchangeLock(const ExchangeLock&) = delete;
  ExchangeLock& operator=(const ExchangeLock&) = delete;

 private:
  static inline std::atomic_flag taken;
};

LONG CALLBACK handleException(EXCEPTION_POINTERS* exception) {
  const EXCEPTION_RECORD& record = *exception->ExceptionRecord;
  // An access violation where a view has gone and memory has not come yet; and in wine, which knows
  // no other.
  const bool violation = record.ExceptionCode == EXCEPTION_ACCESS_VIOLATION;
  if ((!violation && record.ExceptionCode != EXCEPTION_IN_PAGE_ERROR) || record.NumberParameters < 2) {
    return EXCEPTION_CONTINUE_SEARCH;
  }
  constexpr ULONG_PTR kRead = 0;
  constexpr ULONG_PTR kWrite = 1;
  const ULONG_PTR access = record.ExceptionInformation[0];
  const ULONG_PTR address = record.ExceptionInformation[1];
  const DWORD lastError = ::GetLastError();
  const bool ours =
      (access == kRead || access == kWrite) &&
      substituteFaultedPages(address, access == kRead ? FaultedBy::kRead : FaultedBy::kWrite);
  ::SetLastError(lastError);
  return ours ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

}  // namespace

void armFaultGuard() {
  // First of all handlers: nobody can take its place, and what is not ours goes on to the others.
  static void* const handler = ::AddVectoredExceptionHandler(1, handleException);
  if (handler == nullptr) throwOutOfMemory("AddVectoredExceptionHandler");
}

// Windows takes a view away as a whole or not at all, and nothing can be put over one. So the whole
// view is unmapped, its addresses are reserved, and become memory where they are touched.
bool mapZeros(std::byte* address, std::size_t length, std::byte* touched, bool writable) noexcept {
  const DWORD protection = writable ? PAGE_READWRITE : PAGE_READONLY;
  std::byte* const end = address + length;
  const ExchangeLock lock;
  MEMORY_BASIC_INFORMATION memory;
  if (::VirtualQuery(touched, &memory, sizeof memory) == 0) return false;
  if (memory.Type == MEM_MAPPED) {
    auto* const begin = static_cast<std::byte*>(memory.AllocationBase);
    if (!::UnmapViewOfFile(begin)) return false;
    if (::VirtualAlloc(begin, static_cast<std::size_t>(end - begin), MEM_RESERVE, protection) != begin) {
      return false;
    }
  }
  const std::size_t size = std::min(kCommitted, static_cast<std::size_t>(end - touched));
  return ::VirtualAlloc(touched, size, MEM_COMMIT, protection) != nullptr ||
         ::VirtualAlloc(touched, pageSize(), MEM_COMMIT, protection) != nullptr;
}

}  // namespace mmapdir
