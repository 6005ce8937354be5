#include "addon/environment.h"

#include <utility>

#include "core/share_table.h"

namespace mmapdir {

void Environment::begin(Napi::Env env) {
  auto environment = std::make_shared<Environment>();
  environment->env_ = env;
  napi_add_env_cleanup_hook(env, end, environment.get());
  env.SetInstanceData(new std::shared_ptr<Environment>(std::move(environment)));
}

void Environment::useTransfer(Napi::Value transfer) {
  if (told_) return;
  told_ = true;
  if (!transfer.IsFunction()) return;
  transfer_ = Napi::Persistent(transfer.As<Napi::Function>());
  transfer_.SuppressDestruct();  // goes with the thread's other references
}

napi_value Environment::moved(napi_value buffer) const {
  return transfer_.IsEmpty() ? buffer : transfer_.Call(buffer, {});
}

std::uint64_t Environment::pin(std::unique_ptr<Pin> pin) {
  pins_.emplace(++lastPin_, std::move(pin));
  return lastPin_;
}

const Pin* Environment::pinOf(std::uint64_t id) const {
  const auto found = pins_.find(id);
  return found == pins_.end() ? nullptr : found->second.get();
}

void Environment::unpin(std::uint64_t id) { pins_.erase(id); }

void Environment::deleteLater(napi_ref reference) {
  if (ending_) napi_delete_reference(env_, reference);
  else ended_.push_back(reference);
}

void Environment::deleteEnded() {
  for (napi_ref reference : std::exchange(ended_, {})) napi_delete_reference(env_, reference);
}

void Environment::end(void* data) {
  auto* environment = static_cast<Environment*>(data);
  environment->ending_ = true;
  ShareTable::instance().withdrawAll(environment);
  environment->pins_.clear();
  environment->deleteEnded();
}

}  // namespace mmapdir
