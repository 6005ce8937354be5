#include "core/release.h"

#include <windows.h>

namespace mmapdir {

// Unlocking what is not locked takes pages out of the working set, says VirtualUnlock's page. From
// there they are the first to go when memory is short. Windows has no call that drops them now: both
// ways come to the same. (OfferVirtualMemory and DiscardVirtualMemory are for private memory.)
void release(std::byte* address, std::size_t length, Release) { ::VirtualUnlock(address, length); }

void dropCached(const Descriptor&, std::uint64_t) {}

}  // namespace mmapdir
