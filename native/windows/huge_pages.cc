#include "core/huge_pages.h"

#include "core/system_error.h"

namespace mmapdir {

// Windows has large pages for memory only: SEC_LARGE_PAGES is for sections without a file.

void useHugePages(std::byte*, std::size_t) { throwNotSupported("MapViewOfFile"); }

void collapsePages(std::byte*, std::size_t) { throwNotSupported("MapViewOfFile"); }

}  // namespace mmapdir
