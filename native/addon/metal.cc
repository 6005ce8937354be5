#include "addon/metal.h"

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
      result.Set("name", system.device->name());
      result.Set("maxBufferLength", static_cast<double>(system.device->maxBufferLength()));
      result.Set("hasUnifiedMemory", system.device->hasUnifiedMemory());
      result.Set("pageSize", static_cast<double>(system.device->pageSize()));
    } else {
      result.Set("reason", system.reason);
    }
    return result;
  });
}

Napi::Object describe(Napi::Env env, const ExportedBuffer& buffer) {
  const auto handle = reinterpret_cast<std::uintptr_t>(buffer.buffer->handle());
  Napi::Object result = Napi::Object::New(env);
  result.Set("handle", Napi::BigInt::New(env, static_cast<std::uint64_t>(handle)));
  result.Set("fileOffset", static_cast<double>(buffer.fileOffset));
  result.Set("offset", static_cast<double>(buffer.offset));
  result.Set("length", static_cast<double>(buffer.length));
  result.Set("alignedLength", static_cast<double>(buffer.alignedLength));
  if (!buffer.zeroCopy()) result.Set("reason", buffer.reason);
  return result;
}

/// Arguments: the number of a pin, a CopyPolicy. Each buffer has a pin of its own.
Napi::Value exportToMetal(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const auto& environment = Environment::of(env);
    const Pin* const chunk = environment->pinOf(sizeArgument(info, 0));
    if (chunk == nullptr) throw Napi::Error::New(env, "the chunk is released");
    if (!metalSystem().device) throw Napi::Error::New(env, "there is no device");
    const auto policy = static_cast<CopyPolicy>(info[1].ToNumber().Int32Value());
    std::vector<ExportedBuffer> buffers;
    try {
      buffers = exportBuffers(*metalSystem().device, *chunk->mapping(), chunk->offset(), chunk->length(), policy);
    } catch (const ExportError& error) {
      Napi::Error refused = Napi::Error::New(env, error.what());
      refused.Set("refused", Napi::Boolean::New(env, true));
      throw refused;
    }
    Napi::Array result = Napi::Array::New(env);
    for (ExportedBuffer& buffer : buffers) {
      Napi::Object item = describe(env, buffer);
      result.Set(result.Length(), item);
      auto pin = std::make_unique<Pin>(chunk->mapping(), buffer.fileOffset, buffer.length, std::move(buffer.buffer));
      item.Set("id", static_cast<double>(environment->pin(std::move(pin))));
    }
    return result;
  });
}

}  // namespace

void exportMetal(Napi::Env env, Napi::Object exports) {
  exports.Set("metalSystem", Napi::Function::New(env, metalSystemOf, "metalSystem"));
  exports.Set("exportToMetal", Napi::Function::New(env, exportToMetal, "exportToMetal"));
}

}  // namespace mmapdir
