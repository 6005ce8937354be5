#pragma once

#include <cstdint>

#include "metal/metal_device.h"

namespace mmapdir {

/// Where the system has its libraries.
struct MetalLibraries {
  const char* objectiveC;
  /// Without it a program that shows nothing on a screen gets no device.
  const char* coreGraphics;
  const char* metal;
};

/// Loads the libraries, which stay loaded, and asks for the system's device.
MetalSystem openMetal(const MetalLibraries& libraries, std::uint64_t pageSize);

}  // namespace mmapdir
