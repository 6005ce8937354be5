#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "core/mapping.h"
#include "metal/metal_device.h"

namespace mmapdir {

/// A part of a file as the GPU has it.
struct ExportedBuffer {
  std::shared_ptr<const MetalBuffer> buffer;
  std::uint64_t fileOffset;
  std::uint64_t offset;         // of the data, in the buffer
  std::uint64_t length;         // of the data
  std::uint64_t alignedLength;  // of the buffer
  std::string reason;           // why it is a copy; empty where it is none

  bool zeroCopy() const noexcept { return reason.empty(); }
};

enum class CopyPolicy { kAllow, kNever, kAlways };

/// The device takes the bytes neither way, or only in the one that was ruled out.
class ExportError : public std::exception {
 public:
  explicit ExportError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  const std::string message_;
};

/// Makes buffers of a part of a chunk, which has to be kept for as long as they live. Reads the
/// bytes that have to be copied. Throws ExportError, and leaves no buffer then.
std::vector<ExportedBuffer> exportBuffers(const MetalDevice& device, const Mapping& mapping, std::uint64_t offset,
                                          std::uint64_t length, CopyPolicy policy);

}  // namespace mmapdir
