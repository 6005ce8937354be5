#include "addon/pins.h"

#include "addon/buffers.h"
#include "addon/define.h"
#include "addon/environment.h"
#include "addon/guard.h"
#include "addon/mapping_handle.h"

namespace mmapdir {

namespace {

Napi::Value pinChunk(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const Range range = rangeArgument(info);
    const std::byte* const address = range.mapping->at(range.offset, static_cast<std::size_t>(range.length));
    if (address == nullptr) throw Napi::RangeError::New(env, "no chunk there");
    const Mapping::Run run = range.mapping->runAt(range.offset);
    const auto number = [env](const void* pointer) {
      return Napi::BigInt::New(env, static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(pointer)));
    };
    Napi::Object result = Napi::Object::New(env);
    define(result, "address", number(address));
    define(result, "mappedAddress", number(run.address));
    define(result, "mappedLength", static_cast<double>(run.length));
    const auto& environment = Environment::of(env);
    const std::uint64_t id = environment->pin(std::make_unique<Pin>(range.mapping, range.offset, range.length));
    try {
      define(result, "id", static_cast<double>(id));
    } catch (...) {
      environment->unpin(id);  // nobody would
      throw;
    }
    return result;
  });
}

/// Arguments: the number of a pin, an offset and a length within its part.
Napi::Value viewPin(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Pin* const pin = Environment::of(info.Env())->pinOf(sizeArgument(info, 0));
    if (pin == nullptr) throw Napi::Error::New(info.Env(), "the pin is released");
    const std::uint64_t offset = sizeArgument(info, 1);
    const std::uint64_t length = sizeArgument(info, 2);
    if (offset > pin->length() || length > pin->length() - offset) {
      throw Napi::RangeError::New(info.Env(), "range outside the pinned part");
    }
    return bufferOverPages(info.Env(), pin->mapping()->privatePages(pin->offset() + offset, length));
  });
}

Napi::Value releasePin(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->unpin(sizeArgument(info, 0));
  return info.Env().Undefined();
}

}  // namespace

void exportPins(Napi::Object exports) {
  defineFunction(exports, "pinChunk", pinChunk);
  defineFunction(exports, "viewPin", viewPin);
  defineFunction(exports, "releasePin", releasePin);
}

}  // namespace mmapdir
