// In the place of native/metal/macos.cc: the libraries are what FAKE_METAL_LIBRARY names.
#include <cstdlib>

#include "metal/objc_device.h"

namespace mmapdir {

const MetalSystem& metalSystem() {
  const auto text = [](const char* name, const char* otherwise) {
    const char* const value = std::getenv(name);
    return value == nullptr ? otherwise : value;
  };
  const char* const library = text("FAKE_METAL_LIBRARY", "libfake-metal-is-not-there.so");
  static const auto* const system = new MetalSystem(
      openMetal({library, library, library}, std::strtoull(text("FAKE_METAL_PAGE", "16384"), nullptr, 10)));
  return *system;
}

}  // namespace mmapdir
