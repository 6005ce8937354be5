// The least that an addon can do to map a file: no registry, no guard, no accounting. Built by
// compare.mjs, as the measure for opening and closing.
#include <node_api.h>
#include <sys/mman.h>

#include <cstdint>

namespace {

napi_value fail(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

/// map(fd, length): ArrayBuffer
napi_value map(napi_env env, napi_callback_info info) {
  std::size_t count = 2;
  napi_value arguments[2];
  std::int32_t fd = -1;
  std::int64_t length = 0;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  napi_get_value_int32(env, arguments[0], &fd);
  napi_get_value_int64(env, arguments[1], &length);
  void* const address =
      ::mmap(nullptr, static_cast<std::size_t>(length), PROT_READ, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return fail(env, "mmap failed");
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      env, address, static_cast<std::size_t>(length), nullptr, nullptr, &buffer);
  return status == napi_ok ? buffer : fail(env, "no buffer over mapped memory here");
}

/// unmap(buffer): void
napi_value unmap(napi_env env, napi_callback_info info) {
  std::size_t count = 1;
  napi_value buffer = nullptr;
  void* address = nullptr;
  std::size_t length = 0;
  napi_get_cb_info(env, info, &count, &buffer, nullptr, nullptr);
  napi_get_arraybuffer_info(env, buffer, &address, &length);
  napi_detach_arraybuffer(env, buffer);
  ::munmap(address, length);
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, "map", NAPI_AUTO_LENGTH, map, nullptr, &function);
  napi_set_named_property(env, exports, "map", function);
  napi_create_function(env, "unmap", NAPI_AUTO_LENGTH, unmap, nullptr, &function);
  napi_set_named_property(env, exports, "unmap", function);
  return exports;
}
