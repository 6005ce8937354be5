#pragma once

#include <napi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/pin.h"

namespace mmapdir {

/// What there is once in each thread that loads the addon. Handles hold it, too: at the end of a
/// thread they may go after it does.
class Environment {
 public:
  /// To be called when the addon is loaded into a thread.
  static void begin(Napi::Env env);

  static const std::shared_ptr<Environment>& of(Napi::Env env) {
    return *env.GetInstanceData<std::shared_ptr<Environment>>();
  }

  /// Whether useTransfer() was called: windows must not be made before.
  bool told() const noexcept { return told_; }

  /// Whether the thread ends: what is collected now was not forgotten by anyone.
  bool ending() const noexcept { return ending_; }

  /// The same memory in another ArrayBuffer, one that Node does not know, where the engine can do
  /// that (ArrayBuffer.prototype.transfer, see useTransfer()); else the buffer.
  napi_value moved(napi_value buffer) const;

  /// Keeps a pin until unpin() is called with the number that this gives, or the thread ends. Not until
  /// an object of JavaScript is collected: what native code still uses, nobody here knows.
  std::uint64_t pin(std::unique_ptr<Pin> pin);

  /// The pin of that number; nullptr where there is none.
  const Pin* pinOf(std::uint64_t id) const;

  /// Does nothing for a number that is not, or no longer, that of a pin.
  void unpin(std::uint64_t id);

  /// Deletes a reference when no finalizer runs: deno runs those within a collection, and ends the process
  /// (node->IsInUse()) where one deletes a weak reference. At the end of the thread, at once.
  void deleteLater(napi_ref reference);

  /// Deletes what deleteLater() was given. Not to be called by finalizers.
  void deleteEnded();

  /// Takes the function for moved(), once; undefined where the engine has none.
  void useTransfer(Napi::Value transfer);

 private:
  static void end(void* data);

  napi_env env_ = nullptr;
  bool ending_ = false;
  bool told_ = false;
  Napi::FunctionReference transfer_;
  std::vector<napi_ref> ended_;
  std::uint64_t lastPin_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Pin>> pins_;
};

}  // namespace mmapdir
