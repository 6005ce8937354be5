#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "addon/buffers.h"
#include "addon/environment.h"
#include "addon/handle.h"
#include "core/mapping.h"

namespace mmapdir {

/// One thread's hold on a mapping. Without a mapping once it is closed.
struct MappingHandle {
  static constexpr napi_type_tag kTag = {0x6d6d61702d646972, 0x0000006d617070ed};

  MappingHandle(Napi::Env env, std::shared_ptr<Mapping> held)
      : environment(Environment::of(env)), mapping(std::move(held)) {}

  ~MappingHandle() {
    // Collected, and with it all that reads through its windows. Finalizers run in a thread that is
    // being terminated, too, and there Node 20 aborts when a buffer is to be detached.
    for (const auto& window : windows) window->abandon();
    if (mapping && !environment->ending()) MappingRegistry::instance().forgotten();
  }

  const std::shared_ptr<const Environment> environment;

  std::shared_ptr<Mapping> mapping;
  std::vector<std::unique_ptr<Window>> windows;
};

struct Range {
  std::shared_ptr<Mapping> mapping;
  std::uint64_t offset;
  std::uint64_t length;
};

/// Arguments 0..2: a handle that is open, an offset and a length within the file.
inline Range rangeArgument(const Napi::CallbackInfo& info) {
  const auto& handle = handleArgument<MappingHandle>(info, 0);
  if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
  const std::uint64_t offset = sizeArgument(info, 1);
  const std::uint64_t length = sizeArgument(info, 2);
  const std::uint64_t available = handle.mapping->length();
  if (offset > available || length > available - offset) {
    throw Napi::RangeError::New(info.Env(), "range outside the mapping");
  }
  return {handle.mapping, offset, length};
}

}  // namespace mmapdir
