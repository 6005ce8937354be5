#include "metal/export_buffers.h"

#include <stdexcept>

#include "metal/buffer_plan.h"

namespace mmapdir {

namespace {

std::string bytes(std::uint64_t count) { return std::to_string(count) + " bytes"; }

std::string deviceOf(const MetalDevice& device) {
  return device.name() + ", buffers of at most " + bytes(device.maxBufferLength());
}

ExportedBuffer exportOne(const MetalDevice& device, const PlannedBuffer& planned, std::uint64_t fileOffset,
                         CopyPolicy policy) {
  std::string reason = policy == CopyPolicy::kAlways ? "a copy was asked for" : planned.obstacle;
  if (reason.empty()) {
    auto buffer = device.wrap(reinterpret_cast<std::byte*>(planned.pages), planned.alignedLength);
    if (buffer) {
      return {std::move(buffer), fileOffset, planned.address - planned.pages, planned.length, planned.alignedLength, {}};
    }
    reason = "the device refused pages of " + bytes(planned.alignedLength);
  }
  if (policy == CopyPolicy::kNever) throw ExportError(reason + "; " + deviceOf(device));
  auto buffer = device.copy(reinterpret_cast<const std::byte*>(planned.address), planned.length);
  if (!buffer) throw ExportError(reason + ", and a copy of " + bytes(planned.length) + "; " + deviceOf(device));
  return {std::move(buffer), fileOffset, 0, planned.length, planned.length, std::move(reason)};
}

std::vector<PlannedBuffer> plan(const MetalDevice& device, const Mapping& mapping, std::uint64_t offset,
                                std::uint64_t length) {
  const auto number = [](const std::byte* address) {
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address));
  };
  const Mapping::Run run = mapping.runAt(offset);
  const std::byte* const address = mapping.at(offset, static_cast<std::size_t>(length));
  try {
    return planBuffers(number(address), length, number(run.address), run.length, device.pageSize(),
                       device.maxBufferLength());
  } catch (const std::length_error&) {
    throw ExportError("not even a page of " + bytes(device.pageSize()) + " fits; " + deviceOf(device));
  }
}

}  // namespace

std::vector<ExportedBuffer> exportBuffers(const MetalDevice& device, const Mapping& mapping, std::uint64_t offset,
                                          std::uint64_t length, CopyPolicy policy) {
  std::vector<ExportedBuffer> buffers;
  std::uint64_t fileOffset = offset;
  for (const PlannedBuffer& planned : plan(device, mapping, offset, length)) {
    buffers.push_back(exportOne(device, planned, fileOffset, policy));
    fileOffset += planned.length;
  }
  return buffers;
}

}  // namespace mmapdir
