#include "metal/metal_device.h"

namespace mmapdir {

const MetalSystem& metalSystem() {
  static const auto* const system = new MetalSystem{nullptr, "Metal is a part of macOS"};
  return *system;
}

}  // namespace mmapdir
