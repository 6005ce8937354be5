#include "addon/paging.h"

#include <vector>

#include "addon/background_work.h"
#include "addon/define.h"
#include "addon/guard.h"
#include "addon/mapping_handle.h"
#include "core/prefetch.h"
#include "core/residency.h"

namespace mmapdir {

namespace {

template <typename Element>
struct Elements {
  Element* data;
  std::size_t count;
};

/// The elements of a typed array. Not Napi::TypedArrayOf, which asks the engine three times.
template <typename Element>
Elements<Element> elementsArgument(const Napi::CallbackInfo& info, std::size_t index,
                                   napi_typedarray_type wanted) {
  napi_typedarray_type type = napi_int8_array;
  std::size_t count = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(info.Env(), info[index], &type, &count, &data, nullptr, nullptr) != napi_ok ||
      type != wanted) {
    throw Napi::TypeError::New(info.Env(), "not a typed array of that kind");
  }
  return {static_cast<Element*>(data), count};
}

struct Ranges {
  std::shared_ptr<Mapping> mapping;
  std::vector<FileRange> ranges;
};

/// Arguments 0 and 1: a handle that is open, and a Float64Array of offsets and lengths in turn.
Ranges rangesArgument(const Napi::CallbackInfo& info) {
  const auto& handle = handleArgument<MappingHandle>(info, 0);
  if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
  const auto [numbers, count] = elementsArgument<double>(info, 1, napi_float64_array);
  const double available = static_cast<double>(handle.mapping->length());
  Ranges result{handle.mapping, {}};
  result.ranges.reserve(count / 2);
  for (std::size_t index = 0; index + 1 < count; index += 2) {
    const double offset = numbers[index];
    const double length = numbers[index + 1];
    if (!(offset >= 0 && length >= 0 && offset <= available && length <= available - offset)) {
      throw Napi::RangeError::New(info.Env(), "range outside the mapping");
    }
    result.ranges.push_back({static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length)});
  }
  return result;
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

/// Arguments: a handle, ranges, the two limits, whether to probe, a Uint32Array for what came of it:
/// an object for that would take longer than all the rest.
Napi::Value prefetchSomeOf(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Ranges ranges = rangesArgument(info);
    const PrefetchLimits limits{sizeArgument(info, 2), sizeArgument(info, 3)};
    const PrefetchOutcome outcome =
        prefetchSome(*ranges.mapping, ranges.ranges, info[4].ToBoolean(), limits);
    const auto [written, room] = elementsArgument<std::uint32_t>(info, 5, napi_uint32_array);
    if (room < 2) throw Napi::RangeError::New(info.Env(), "no room for what came of it");
    written[0] = static_cast<std::uint32_t>(outcome.reached);
    written[1] = static_cast<std::uint32_t>(outcome.missing);
    return info.Env().Undefined();
  });
}

Napi::Value prefetchAllOf(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return BackgroundWork::start(info.Env(), "mmap-directory:prefetch", [ranges = rangesArgument(info)] {
      prefetchAll(*ranges.mapping, ranges.ranges);
    });
  });
}

/// Arguments: a handle, ranges, whether to ask for all of them first.
Napi::Value preloadMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return BackgroundWork::start(
        info.Env(), "mmap-directory:preload",
        [ranges = rangesArgument(info), ahead = info[2].ToBoolean().Value()] {
          if (ahead) prefetchAll(*ranges.mapping, ranges.ranges);
          for (const FileRange& range : ranges.ranges) {
            ranges.mapping->preload(range.offset, range.length);
          }
        });
  });
}

Napi::Value useHugePages(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const auto& handle = handleArgument<MappingHandle>(info, 0);
    if (!handle.mapping) throw Napi::Error::New(info.Env(), "mapping is closed");
    handle.mapping->useHugePages();
    return info.Env().Undefined();
  });
}

Napi::Value collapsePages(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return BackgroundWork::start(info.Env(), "mmap-directory:collapse", [range = rangeArgument(info)] {
      range.mapping->collapsePages(range.offset, range.length);
    });
  });
}

/// Arguments: the number of a mapping that this process has or had, whether to drop its pages or
/// only to call them cold. Does nothing for a mapping that has ended.
Napi::Value releaseMapping(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return BackgroundWork::start(
        info.Env(), "mmap-directory:release",
        [id = sizeArgument(info, 0), how = info[1].ToBoolean() ? Release::kDrop : Release::kCold] {
          const auto mapping = MappingRegistry::instance().find(id);
          if (mapping) mapping->release(how);
        });
  });
}

}  // namespace

void exportPaging(Napi::Object exports) {
  define(exports, "advisesRanges", advisesRanges());
  define(exports, "residencyComplete", residencyComplete());
  defineFunction(exports, "adviseMapping", adviseMapping);
  defineFunction(exports, "mayAdvise", mayAdvise);
  defineFunction(exports, "countAdvisedRanges", countAdvisedRanges);
  defineFunction(exports, "residentBytes", residentBytesOf);
  defineFunction(exports, "prefetchSome", prefetchSomeOf);
  defineFunction(exports, "prefetchAll", prefetchAllOf);
  defineFunction(exports, "preloadMapping", preloadMapping);
  defineFunction(exports, "useHugePages", useHugePages);
  defineFunction(exports, "collapsePages", collapsePages);
  defineFunction(exports, "releaseMapping", releaseMapping);
}

}  // namespace mmapdir
