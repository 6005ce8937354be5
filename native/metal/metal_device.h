#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mmapdir {

/// A buffer of a GPU, given back at the end.
class MetalBuffer {
 public:
  virtual ~MetalBuffer() = default;

  /// The id<MTLBuffer>.
  virtual void* handle() const noexcept = 0;
};

/// The GPU. All members may be called from any thread.
class MetalDevice {
 public:
  virtual ~MetalDevice() = default;

  virtual const std::string& name() const noexcept = 0;

  /// The most bytes that a buffer may have.
  virtual std::uint64_t maxBufferLength() const noexcept = 0;

  /// Whether processor and GPU have one memory.
  virtual bool hasUnifiedMemory() const noexcept = 0;

  /// What addresses and lengths of pages without a copy are multiples of.
  virtual std::uint64_t pageSize() const noexcept = 0;

  /// A buffer over the pages themselves, which stay the caller's and have to outlive it; nullptr where
  /// the device refuses.
  virtual std::shared_ptr<const MetalBuffer> wrap(std::byte* address, std::uint64_t length) const = 0;

  /// A buffer with a copy of the bytes; nullptr where the device refuses.
  virtual std::shared_ptr<const MetalBuffer> copy(const std::byte* address, std::uint64_t length) const = 0;
};

/// The GPU of this system, or why there is none.
struct MetalSystem {
  std::unique_ptr<const MetalDevice> device;
  std::string reason;
};

/// Loads Metal when it is first called, on macOS.
const MetalSystem& metalSystem();

}  // namespace mmapdir
