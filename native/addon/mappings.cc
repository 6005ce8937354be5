#include "addon/mappings.h"

#include <optional>
#include <vector>

#include "addon/buffers.h"
#include "addon/environment.h"
#include "addon/guard.h"
#include "addon/handle.h"
#include "core/mapping.h"
#include "core/share_table.h"

namespace mmapdir {

namespace {

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
Range rangeArgument(const Napi::CallbackInfo& info) {
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
    auto window = Window::open(info.Env(), range.mapping, address, static_cast<std::size_t>(range.length));
    const Napi::Value buffer = window->buffer();
    handleArgument<MappingHandle>(info, 0).windows.push_back(std::move(window));
    return buffer;
  });
}

Napi::Value openView(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Range range = rangeArgument(info);
    return bufferOverPages(info.Env(), range.mapping->privatePages(range.offset, range.length),
                           range.mapping);
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
    result.Set("id", static_cast<double>(share.id));
    result.Set("key", share.key);
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
  result.Set("length", static_cast<double>(handle.mapping->length()));
  result.Set("chunkPower", handle.mapping->chunkPower());
  result.Set("sideBySide", handle.mapping->sideBySide());
  const auto address = reinterpret_cast<std::uintptr_t>(handle.mapping->at(0, 1));
  result.Set("address", Napi::BigInt::New(info.Env(), static_cast<std::uint64_t>(address)));
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

Napi::Value fileLengthNow(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const auto& handle = handleArgument<MappingHandle>(info, 0);
    if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
    return Napi::Number::New(info.Env(), static_cast<double>(handle.mapping->fileLengthNow()));
  });
}

Napi::Value adviseMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Range range = rangeArgument(info);
    range.mapping->advise(range.offset, range.length,
                          static_cast<Advice>(info[3].ToNumber().Int32Value()));
    return info.Env().Undefined();
  });
}

Napi::Value mayAdvise(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), MappingRegistry::instance().mayAdvise());
}

Napi::Value countAdvisedRanges(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const auto& mapping = handleArgument<MappingHandle>(info, 0).mapping;
    if (mapping != nullptr) mapping->countAdvisedRanges(info[1].ToNumber().Int64Value());
    return info.Env().Undefined();
  });
}

Napi::Value residentBytesOf(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Range range = rangeArgument(info);
    return Napi::Number::New(
        info.Env(), static_cast<double>(range.mapping->residentBytes(range.offset, range.length)));
  });
}

/// Brings a range into memory on a thread of libuv's pool. Not a Napi::AsyncWorker: when its thread's
/// environment ends meanwhile, nothing can be resolved any more, and that must not be an exception.
class PreloadWork {
 public:
  static Napi::Value start(Napi::Env env, Range range) {
    std::unique_ptr<PreloadWork> work(new PreloadWork(std::move(range)));
    napi_value promise = nullptr;
    const Napi::String name = Napi::String::New(env, "mmap-directory:preload");
    if (napi_create_promise(env, &work->deferred_, &promise) != napi_ok ||
        napi_create_async_work(env, nullptr, name, execute, complete, work.get(), &work->work_) != napi_ok ||
        napi_queue_async_work(env, work->work_) != napi_ok) {
      throw Napi::Error::New(env);
    }
    work.release();  // complete()'s from here
    return Napi::Value(env, promise);
  }

 private:
  explicit PreloadWork(Range range) : range_(std::move(range)) {}

  static void execute(napi_env, void* data) {
    auto* work = static_cast<PreloadWork*>(data);
    try {
      work->range_.mapping->preload(work->range_.offset, work->range_.length);
    } catch (const SystemError& error) {
      work->failure_ = error;
    } catch (const std::bad_alloc&) {
      work->failure_.emplace("malloc", 0);
    }
  }

  static void complete(napi_env raw, napi_status, void* data) {
    const std::unique_ptr<PreloadWork> work(static_cast<PreloadWork*>(data));
    const Napi::Env env(raw);
    const Napi::HandleScope scope(env);
    napi_delete_async_work(env, work->work_);
    try {
      if (work->failure_) {
        napi_reject_deferred(env, work->deferred_, systemError(env, *work->failure_).Value());
      } else {
        napi_resolve_deferred(env, work->deferred_, env.Undefined());
      }
    } catch (const Napi::Error&) {
      // The environment ends: there is nobody left to tell.
    }
  }

  const Range range_;
  napi_deferred deferred_ = nullptr;
  napi_async_work work_ = nullptr;
  std::optional<SystemError> failure_;
};

Napi::Value preloadMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&] { return PreloadWork::start(info.Env(), rangeArgument(info)); });
}

Napi::Value mappingTotals(const Napi::CallbackInfo& info) {
  const MappingRegistry& registry = MappingRegistry::instance();
  const MappingRegistry::Totals totals = registry.totals();
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  result.Set("mappings", static_cast<double>(totals.mappings));
  result.Set("bytes", static_cast<double>(totals.bytes));
  result.Set("windows", static_cast<double>(totals.windows));
  result.Set("limit", static_cast<double>(totals.limit));
  result.Set("unclosed", static_cast<double>(totals.unclosed));
  result.Set("faults", static_cast<double>(FaultCells::faults()));
  Napi::Array live = Napi::Array::New(env);
  for (const MappingRegistry::Entry& entry : registry.entries()) {
    Napi::Object item = Napi::Object::New(env);
    item.Set("id", static_cast<double>(entry.id));
    item.Set("length", static_cast<double>(entry.length));
    item.Set("references", static_cast<double>(entry.references));
    live.Set(live.Length(), item);
  }
  result.Set("live", live);
  return result;
}

Napi::Value setMappingLimit(const Napi::CallbackInfo& info) {
  MappingRegistry::instance().setLimit(sizeArgument(info, 0));
  return info.Env().Undefined();
}

}  // namespace

void exportMappings(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  exports.Set("pageSize", static_cast<double>(pageSize()));
  exports.Set("mappingGranularity", static_cast<double>(mappingGranularity()));
  exports.Set("externalBuffersAllowed", externalBuffersAllowed(env));
  add("useTransfer", useTransfer);
  add("openMapping", openMapping);
  add("closeMapping", closeMapping);
  add("openWindow", openWindow);
  add("openView", openView);
  add("faultCells", faultCells);
  add("faultCell", faultCellOf);
  add("fileLengthNow", fileLengthNow);
  add("shareMapping", shareMapping);
  add("attachMapping", attachMapping);
  add("withdrawShare", withdrawShare);
  add("mappingShape", mappingShape);
  add("adviseMapping", adviseMapping);
  add("mayAdvise", mayAdvise);
  add("countAdvisedRanges", countAdvisedRanges);
  add("residentBytes", residentBytesOf);
  add("preloadMapping", preloadMapping);
  add("mappingTotals", mappingTotals);
  add("setMappingLimit", setMappingLimit);
}

}  // namespace mmapdir
