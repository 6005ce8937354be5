#include "addon/environment.h"

#include "core/share_table.h"

namespace mmapdir {

void Environment::begin(Napi::Env env) {
  auto environment = std::make_shared<Environment>();
  const Napi::Value constructor = env.Global().Get("ArrayBuffer");
  const Napi::Value prototype = constructor.As<Napi::Object>().Get("prototype");
  const Napi::Value transfer = prototype.As<Napi::Object>().Get("transfer");
  if (transfer.IsFunction()) {
    environment->transfer_ = Napi::Persistent(transfer.As<Napi::Function>());
    environment->transfer_.SuppressDestruct();  // goes with the thread's other references
  }
  napi_add_env_cleanup_hook(env, end, environment.get());
  env.SetInstanceData(new std::shared_ptr<Environment>(std::move(environment)));
}

napi_value Environment::moved(napi_value buffer) const {
  return transfer_.IsEmpty() ? buffer : transfer_.Call(buffer, {});
}

void Environment::end(void* data) {
  auto* environment = static_cast<Environment*>(data);
  environment->ending_ = true;
  ShareTable::instance().withdrawAll(environment);
}

}  // namespace mmapdir
