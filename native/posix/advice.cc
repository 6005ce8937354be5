#include "core/advice.h"

#include <sys/mman.h>

#include "core/system_error.h"

namespace mmapdir {

namespace {

int adviceFlag(Advice advice) {
  switch (advice) {
    case Advice::kRandom:
      return MADV_RANDOM;
    case Advice::kSequential:
      return MADV_SEQUENTIAL;
    case Advice::kWillNeed:
      return MADV_WILLNEED;
    case Advice::kNormal:
      break;
  }
  return MADV_NORMAL;
}

}  // namespace

bool advisesRanges() { return true; }

void advise(std::byte* address, std::size_t length, Advice advice) {
  if (::madvise(address, length, adviceFlag(advice)) != 0) throwLastError("madvise");
}

}  // namespace mmapdir
