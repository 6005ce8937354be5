#include "addon/background_work.h"

#include <new>

#include "addon/guard.h"

namespace mmapdir {

Napi::Value BackgroundWork::start(Napi::Env env, const char* name, std::function<void()> run) {
  std::unique_ptr<BackgroundWork> work(new BackgroundWork(std::move(run)));
  napi_value promise = nullptr;
  if (napi_create_promise(env, &work->deferred_, &promise) != napi_ok ||
      napi_create_async_work(env, nullptr, Napi::String::New(env, name), execute, complete, work.get(),
                             &work->work_) != napi_ok ||
      napi_queue_async_work(env, work->work_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  work.release();  // complete()'s from here
  return Napi::Value(env, promise);
}

void BackgroundWork::execute(napi_env, void* data) {
  auto* work = static_cast<BackgroundWork*>(data);
  try {
    work->run_();
  } catch (const SystemError& error) {
    work->failure_ = error;
  } catch (const std::bad_alloc&) {
    work->failure_.emplace("malloc", 0);
  }
}

void BackgroundWork::complete(napi_env raw, napi_status, void* data) {
  const std::unique_ptr<BackgroundWork> work(static_cast<BackgroundWork*>(data));
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

}  // namespace mmapdir
