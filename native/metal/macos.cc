#include "metal/objc_device.h"

#include <algorithm>

#include "core/pages.h"

namespace mmapdir {

const MetalSystem& metalSystem() {
#if defined(__aarch64__)
  constexpr std::uint64_t kPage = 16384;  // Apple silicon's, whatever the system says
#else
  constexpr std::uint64_t kPage = 4096;
#endif
  // Never destroyed: buffers may be given back while static destructors run.
  static const auto* const system =
      new MetalSystem(openMetal({"/usr/lib/libobjc.A.dylib",
                                 "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics",
                                 "/System/Library/Frameworks/Metal.framework/Metal"},
                                std::max<std::uint64_t>(kPage, pageSize())));
  return *system;
}

}  // namespace mmapdir
