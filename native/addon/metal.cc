#include "addon/metal.h"

#include "addon/define.h"
#include "addon/environment.h"
#include "addon/guard.h"
#include "addon/handle.h"
#include "metal/export_buffers.h"

namespace mmapdir {

namespace {

Napi::Value metalSystemOf(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const MetalSystem& system = metalSystem();
    Napi::Object result = Napi::Object::New(env);
    if (system.device) {
      define(result, "name", system.device->name());
      define(result, "maxBufferLength", static_cast<double>(system.device->maxBufferLength()));
      define(result, "hasUnifiedMemory", system.device->hasUnifiedMemory());
      define(result, "pageSize", static_cast<double>(system.device->pageSize()));
    } else {
      define(result, "reason", system.reason);
    }
    return result;
  });
}

Napi::Object describe(Napi::Env env, const ExportedBuffer& buffer) {
  const auto handle = reinterpret_cast<std::uintptr_t>(buffer.buffer->handle());
  Napi::Object result = Napi::Object::New(env);
  define(result, "handle", Napi::BigInt::New(env, static_cast<std::uint64_t>(handle)));
  define(result, "fileOffset", static_cast<double>(buffer.fileOffset));
  define(result, "offset", static_cast<double>(buffer.offset));
  define(result, "length", static_cast<double>(buffer.length));
  define(result, "alignedLength", static_cast<double>(buffer.alignedLength));
  if (!buffer.zeroCopy()) define(result, "reason", buffer.reason);
  return result;
}

/// Arguments: the number of a pin, a CopyPolicy. Each buffer has a pin of its own.
Napi::Value exportToMetal(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const auto& environment = Environment::of(env);
    const Pin* const chunk = environment->pinOf(sizeArgument(info, 0));
    if (chunk == nullptr) throw Napi::Error::New(env, "the chunk is released");
    const std::shared_ptr<Mapping> mapping = chunk->mapping();
    if (!metalSystem().device) throw Napi::Error::New(env, "there is no device");
    const auto policy = static_cast<CopyPolicy>(info[1].ToNumber().Int32Value());
    std::vector<ExportedBuffer> buffers;
    try {
      buffers = exportBuffers(*metalSystem().device, *mapping, chunk->offset(), chunk->length(), policy);
    } catch (const ExportError& error) {
      Napi::Error refused = Napi::Error::New(env, error.what());
      define(refused.Value(), "refused", true);
      throw refused;
    }
    Napi::Array result = Napi::Array::New(env);
    std::vector<std::uint64_t> pinned;
    try {
      for (ExportedBuffer& buffer : buffers) {
        Napi::Object item = describe(env, buffer);
        append(result, item);
        auto pin = std::make_unique<Pin>(mapping, buffer.fileOffset, buffer.length, std::move(buffer.buffer));
        pinned.push_back(environment->pin(std::move(pin)));
        define(item, "id", static_cast<double>(pinned.back()));
      }
    } catch (...) {
      for (const std::uint64_t id : pinned) environment->unpin(id);  // nobody would
      throw;
    }
    return result;
  });
}

}  // namespace

void exportMetal(Napi::Object exports) {
  defineFunction(exports, "metalSystem", metalSystemOf);
  defineFunction(exports, "exportToMetal", exportToMetal);
}

}  // namespace mmapdir
