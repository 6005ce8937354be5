#pragma once

#include <napi.h>

#include "addon/define.h"
#include "core/mapping_registry.h"
#include "core/system_error.h"

namespace mmapdir {

/// A native failure as a JavaScript error; src/native.ts makes the public one of it.
inline Napi::Error systemError(Napi::Env env, const SystemError& error) {
  Napi::Error result = Napi::Error::New(env, std::string(error.syscall()) + " failed");
  define(result.Value(), "syscall", Napi::String::New(env, error.syscall()));
  define(result.Value(), "errno", Napi::Number::New(env, -error.code()));  // negative, as Node's own errors have it
  if (error.systemCode() != 0) define(result.Value(), "systemCode", Napi::Number::New(env, error.systemCode()));
  return result;
}

/// Runs the body of a function that JavaScript called: what the core throws becomes a JavaScript error.
template <typename Body>
Napi::Value guarded(const Napi::CallbackInfo& info, Body&& body) {
  try {
    return body();
  } catch (const SystemError& error) {
    throw systemError(info.Env(), error);
  } catch (const MappingLimitError& error) {
    Napi::Error result = Napi::Error::New(info.Env(), "mapping limit reached");
    define(result.Value(), "limit", Napi::Number::New(info.Env(), static_cast<double>(error.limit())));
    throw result;
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory");
  }
}

}  // namespace mmapdir
