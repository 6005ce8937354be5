#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>

#include "core/system_error.h"

namespace mmapdir {

/// Work for a thread of libuv's pool, as a promise. Not a Napi::AsyncWorker: when its thread's
/// environment ends meanwhile, nothing can be resolved any more, and that must not be an exception.
class BackgroundWork {
 public:
  /// Queues `run`, which keeps alive whatever it needs, may throw SystemError, and must not touch
  /// JavaScript. The promise is rejected with what it throws.
  static Napi::Value start(Napi::Env env, const char* name, std::function<void()> run);

 private:
  explicit BackgroundWork(std::function<void()> run) : run_(std::move(run)) {}

  static void execute(napi_env, void* data);
  static void complete(napi_env env, napi_status, void* data);

  std::function<void()> run_;
  napi_deferred deferred_ = nullptr;
  napi_async_work work_ = nullptr;
  std::optional<SystemError> failure_;
};

}  // namespace mmapdir
