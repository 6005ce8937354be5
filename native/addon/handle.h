#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

namespace mmapdir {

/// JavaScript objects that own a native one. `Owned::kTag` keeps an object of another kind, or a
/// forged one, from being taken for it.
template <typename Owned>
Napi::Object newHandle(Napi::Env env, std::unique_ptr<Owned> owned) {
  Napi::Object object = Napi::Object::New(env);
  object.TypeTag(&Owned::kTag);
  napi_status status = napi_wrap(
      env, object, owned.get(), [](napi_env, void* data, void*) { delete static_cast<Owned*>(data); },
      nullptr, nullptr);
  if (status != napi_ok) throw Napi::Error::New(env);
  owned.release();  // the finalizer's from here
  return object;
}

template <typename Owned>
Owned& handleArgument(const Napi::CallbackInfo& info, std::size_t index) {
  void* data = nullptr;
  if (!info[index].IsObject() || !info[index].As<Napi::Object>().CheckTypeTag(&Owned::kTag) ||
      napi_unwrap(info.Env(), info[index], &data) != napi_ok) {
    throw Napi::TypeError::New(info.Env(), "not a handle of this addon");
  }
  return *static_cast<Owned*>(data);
}

/// A whole, non-negative number that a double holds exactly.
inline std::uint64_t sizeArgument(const Napi::CallbackInfo& info, std::size_t index) {
  const double value = info[index].IsNumber() ? info[index].As<Napi::Number>().DoubleValue() : -1;
  if (!(value >= 0 && value <= 9007199254740991.0)) {
    throw Napi::RangeError::New(info.Env(), "not an offset or a length");
  }
  return static_cast<std::uint64_t>(value);
}

}  // namespace mmapdir
