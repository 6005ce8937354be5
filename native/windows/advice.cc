#include "core/advice.h"

#include <windows.h>

#include "core/system_error.h"
#include "windows/prefetch_memory.h"

namespace mmapdir {

// Random and sequential reads are announced when a file is opened (FILE_FLAG_RANDOM_ACCESS,
// FILE_FLAG_SEQUENTIAL_SCAN), and for the whole of it.
bool advisesRanges() { return false; }

void advise(std::byte* address, std::size_t length, Advice advice) {
  if (advice == Advice::kNormal) return;
  if (advice != Advice::kWillNeed) throwNotSupported("advise");
  prefetchMemory(address, length);
}

}  // namespace mmapdir
