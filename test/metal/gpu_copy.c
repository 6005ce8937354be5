// For macOS: has the GPU copy a Metal buffer into one of its own, and gives back what is there then.
#include <node_api.h>
#include <stdint.h>
#include <string.h>

// As in <objc/message.h> and <Metal/Metal.h>.
void objc_msgSend(void);
const void* sel_registerName(const char* name);
void* objc_autoreleasePoolPush(void);
void objc_autoreleasePoolPop(void* pool);

#define SEND(result, ...) ((result(*)(void*, const void*, ##__VA_ARGS__))objc_msgSend)

static void* get(void* object, const char* method) { return SEND(void*)(object, sel_registerName(method)); }

static void* handle_of(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = NULL;
  uint64_t handle = 0;
  bool exact = false;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_bigint_uint64(env, argument, &handle, &exact);
  return (void*)(uintptr_t)handle;
}

// address(handle): where the processor sees the buffer
static napi_value address_of(napi_env env, napi_callback_info info) {
  napi_value result = NULL;
  napi_create_bigint_uint64(env, (uint64_t)(uintptr_t)get(handle_of(env, info), "contents"), &result);
  return result;
}

// copy(handle): what the GPU sees in the buffer, up to a multiple of 4, the most that it copies
static napi_value copy(napi_env env, napi_callback_info info) {
  void* const pool = objc_autoreleasePoolPush();
  void* const source = handle_of(env, info);
  const unsigned long length = SEND(unsigned long)(source, sel_registerName("length")) / 4 * 4;
  void* const device = get(source, "device");
  void* const target = SEND(void*, unsigned long, unsigned long)(device, sel_registerName("newBufferWithLength:options:"), length, 0);
  void* const queue = get(device, "newCommandQueue");
  void* const commands = get(queue, "commandBuffer");
  void* const encoder = get(commands, "blitCommandEncoder");
  SEND(void, void*, unsigned long, void*, unsigned long, unsigned long)
  (encoder, sel_registerName("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:"), source, 0, target, 0, length);
  SEND(void)(encoder, sel_registerName("endEncoding"));
  SEND(void)(commands, sel_registerName("commit"));
  SEND(void)(commands, sel_registerName("waitUntilCompleted"));
  const unsigned long status = SEND(unsigned long)(commands, sel_registerName("status"));
  napi_value result = NULL;
  const unsigned long completed = 4;
  if (status == completed) napi_create_buffer_copy(env, length, get(target, "contents"), NULL, &result);
  else napi_throw_error(env, NULL, "the GPU did not complete the copy");
  SEND(void)(target, sel_registerName("release"));
  SEND(void)(queue, sel_registerName("release"));
  objc_autoreleasePoolPop(pool);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function = NULL;
  napi_create_function(env, "copy", NAPI_AUTO_LENGTH, copy, NULL, &function);
  napi_set_named_property(env, exports, "copy", function);
  napi_create_function(env, "address", NAPI_AUTO_LENGTH, address_of, NULL, &function);
  napi_set_named_property(env, exports, "address", function);
  return exports;
}
