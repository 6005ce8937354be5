#include "addon/mappings.h"

#include "addon/buffers.h"
#include "addon/define.h"
#include "addon/environment.h"
#include "addon/guard.h"
#include "addon/mapping_handle.h"
#include "core/checksum.h"
#include "core/share_table.h"

namespace mmapdir {

namespace {

Napi::Value useTransfer(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->useTransfer(info[0]);
  return info.Env().Undefined();
}

Napi::Value openMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const int fd = info[0].ToNumber().Int32Value();
    const std::uint64_t length = sizeArgument(info, 1);
    Mapping::Options options;
    options.chunkPower = info[2].ToNumber().Uint32Value();
    options.sideBySide = info[3].ToBoolean();
    if (options.chunkPower > 40 || std::size_t{1} << options.chunkPower < mappingGranularity()) {
      throw Napi::RangeError::New(info.Env(), "chunk power out of range");
    }
    return newHandle(info.Env(), std::make_unique<MappingHandle>(
                                     info.Env(), Mapping::open(Descriptor::duplicate(fd), length, options)));
  });
}

Napi::Value closeMapping(const Napi::CallbackInfo& info) {
  auto& handle = handleArgument<MappingHandle>(info, 0);
  handle.windows.clear();
  handle.mapping.reset();
  return info.Env().Undefined();
}

Napi::Value openWindow(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Range range = rangeArgument(info);
    std::byte* const address = range.mapping->at(range.offset, static_cast<std::size_t>(range.length));
    if (address == nullptr) throw Napi::RangeError::New(info.Env(), "no window there");
    auto window = Window::open(info.Env(), range.mapping->pages(), address, static_cast<std::size_t>(range.length));
    const Napi::Value buffer = window->buffer();
    handleArgument<MappingHandle>(info, 0).windows.push_back(std::move(window));
    return buffer;
  });
}

Napi::Value openView(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Range range = rangeArgument(info);
    return bufferOverPages(info.Env(), range.mapping->privatePages(range.offset, range.length));
  });
}

ShareTable::Share shareArgument(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Value key = info[index + 1];
  return {sizeArgument(info, index), key.IsString() ? key.As<Napi::String>().Utf8Value() : std::string()};
}

Napi::Value shareMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    Range range = rangeArgument(info);
    const ShareTable::Share share = ShareTable::instance().add(
        std::move(range.mapping), range.offset, range.length, Environment::of(info.Env()).get());
    Napi::Object result = Napi::Object::New(info.Env());
    define(result, "id", static_cast<double>(share.id));
    define(result, "key", share.key);
    return result;
  });
}

/// Arguments: id, key, offset, length. Undefined where there is no such share.
Napi::Value attachMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    auto mapping = ShareTable::instance().claim(shareArgument(info, 0), sizeArgument(info, 2),
                                                sizeArgument(info, 3));
    if (!mapping) return info.Env().Undefined();
    armFaultGuard();
    return newHandle(info.Env(), std::make_unique<MappingHandle>(info.Env(), std::move(mapping)));
  });
}

Napi::Value withdrawShare(const Napi::CallbackInfo& info) {
  ShareTable::instance().withdraw(shareArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value mappingShape(const Napi::CallbackInfo& info) {
  const auto& handle = handleArgument<MappingHandle>(info, 0);
  if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
  Napi::Object result = Napi::Object::New(info.Env());
  define(result, "id", static_cast<double>(handle.mapping->id()));
  define(result, "length", static_cast<double>(handle.mapping->length()));
  define(result, "chunkPower", static_cast<double>(handle.mapping->chunkPower()));
  define(result, "sideBySide", handle.mapping->sideBySide());
  const auto address = reinterpret_cast<std::uintptr_t>(handle.mapping->at(0, 1));
  define(result, "address", Napi::BigInt::New(info.Env(), static_cast<std::uint64_t>(address)));
  return result;
}

/// The words that say which mappings have lost pages: see FaultCell.
Napi::Value faultCells(const Napi::CallbackInfo& info) {
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      info.Env(), FaultCells::all(), FaultCells::kCount * sizeof(std::int32_t),
      [](napi_env, void*, void*) {}, nullptr, &buffer);  // the table never goes
  if (status != napi_ok) throw Napi::Error::New(info.Env());
  return Napi::Value(info.Env(), buffer);
}

Napi::Value faultCellOf(const Napi::CallbackInfo& info) {
  const auto& handle = handleArgument<MappingHandle>(info, 0);
  if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
  return Napi::Number::New(info.Env(), static_cast<double>(handle.mapping->faultCell().index()));
}

/// Arguments: handle, offset, length, checksum.
Napi::Value checksumMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Range range = rangeArgument(info);
    const std::uint32_t before = info[3].ToNumber().Uint32Value();
    return Napi::Number::New(info.Env(), range.mapping->checksum(range.offset, range.length, before));
  });
}

Napi::Value fileLengthNow(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const auto& handle = handleArgument<MappingHandle>(info, 0);
    if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
    return Napi::Number::New(info.Env(), static_cast<double>(handle.mapping->fileLengthNow()));
  });
}

Napi::Value mappingTotals(const Napi::CallbackInfo& info) {
  const MappingRegistry& registry = MappingRegistry::instance();
  const MappingRegistry::Totals totals = registry.totals();
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  define(result, "mappings", static_cast<double>(totals.mappings));
  define(result, "bytes", static_cast<double>(totals.bytes));
  define(result, "windows", static_cast<double>(totals.windows));
  define(result, "limit", static_cast<double>(totals.limit));
  define(result, "unclosed", static_cast<double>(totals.unclosed));
  define(result, "leftBehind", static_cast<double>(totals.leftBehind));
  define(result, "pins", static_cast<double>(totals.pins));
  define(result, "faults", static_cast<double>(FaultCells::faults()));
  Napi::Array live = Napi::Array::New(env);
  for (const MappingRegistry::Entry& entry : registry.entries()) {
    Napi::Object item = Napi::Object::New(env);
    define(item, "id", static_cast<double>(entry.id));
    define(item, "length", static_cast<double>(entry.length));
    define(item, "references", static_cast<double>(entry.references));
    append(live, item);
  }
  define(result, "live", live);
  return result;
}

Napi::Value setMappingLimit(const Napi::CallbackInfo& info) {
  MappingRegistry::instance().setLimit(sizeArgument(info, 0));
  return info.Env().Undefined();
}

}  // namespace

void exportMappings(Napi::Object exports) {
  define(exports, "pageSize", static_cast<double>(pageSize()));
  define(exports, "mappingGranularity", static_cast<double>(mappingGranularity()));
  define(exports, "canChecksum", canChecksum());
  define(exports, "externalBuffersAllowed", externalBuffersAllowed(exports.Env()));
  defineFunction(exports, "useTransfer", useTransfer);
  defineFunction(exports, "openMapping", openMapping);
  defineFunction(exports, "closeMapping", closeMapping);
  defineFunction(exports, "openWindow", openWindow);
  defineFunction(exports, "openView", openView);
  defineFunction(exports, "faultCells", faultCells);
  defineFunction(exports, "faultCell", faultCellOf);
  defineFunction(exports, "checksumMapping", checksumMapping);
  defineFunction(exports, "fileLengthNow", fileLengthNow);
  defineFunction(exports, "shareMapping", shareMapping);
  defineFunction(exports, "attachMapping", attachMapping);
  defineFunction(exports, "withdrawShare", withdrawShare);
  defineFunction(exports, "mappingShape", mappingShape);
  defineFunction(exports, "mappingTotals", mappingTotals);
  defineFunction(exports, "setMappingLimit", setMappingLimit);
}

}  // namespace mmapdir
