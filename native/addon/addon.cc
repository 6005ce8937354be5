#include <napi.h>

#include "addon/environment.h"
#include "addon/locks.h"
#include "addon/mappings.h"
#include "addon/metal.h"
#include "addon/paging.h"
#include "addon/pins.h"

namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  mmapdir::Environment::begin(env);
  mmapdir::exportMappings(env, exports);
  mmapdir::exportPaging(env, exports);
  mmapdir::exportLocks(env, exports);
  mmapdir::exportPins(env, exports);
  mmapdir::exportMetal(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(mmap_directory, initialize)
