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
  mmapdir::exportMappings(exports);
  mmapdir::exportPaging(exports);
  mmapdir::exportLocks(exports);
  mmapdir::exportPins(exports);
  mmapdir::exportMetal(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(mmap_directory, initialize)
