#include "addon/locks.h"

#include "addon/define.h"
#include "addon/guard.h"
#include "addon/handle.h"
#include "core/file_lock.h"

namespace mmapdir {

namespace {

/// Without a lock once it is released.
struct LockHandle {
  static constexpr napi_type_tag kTag = {0x6d6d61702d646972, 0x000000000010c3ed};

  explicit LockHandle(std::unique_ptr<FileLock> held) : lock(std::move(held)) {}

  std::unique_ptr<FileLock> lock;
};

FileLock& lockArgument(const Napi::CallbackInfo& info) {
  const auto& handle = handleArgument<LockHandle>(info, 0);
  if (!handle.lock) throw Napi::Error::New(info.Env(), "lock is released");
  return *handle.lock;
}

Napi::Value reserveLock(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    auto lock = FileLock::reserve(info[0].ToString());
    if (!lock) return info.Env().Undefined();
    return newHandle(info.Env(), std::make_unique<LockHandle>(std::move(lock)));
  });
}

/// Returns 0 when the lock is held now, the other process's number, or -1 when that is not known.
Napi::Value acquireLock(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    FileLock& lock = lockArgument(info);
    const int fd = info[1].ToNumber().Int32Value();
    const FileLock::Outcome outcome = lock.acquire(Descriptor::duplicate(fd));
    return Napi::Number::New(
        info.Env(),
        outcome == FileLock::Outcome::kAcquired ? 0 : static_cast<double>(lock.holder()));
  });
}

Napi::Value lockHeld(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    return Napi::Boolean::New(info.Env(), lockArgument(info).held());
  });
}

Napi::Value releaseLock(const Napi::CallbackInfo& info) {
  handleArgument<LockHandle>(info, 0).lock.reset();
  return info.Env().Undefined();
}

}  // namespace

void exportLocks(Napi::Object exports) {
  defineFunction(exports, "reserveLock", reserveLock);
  defineFunction(exports, "acquireLock", acquireLock);
  defineFunction(exports, "lockHeld", lockHeld);
  defineFunction(exports, "releaseLock", releaseLock);
}

}  // namespace mmapdir
