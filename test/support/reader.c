// An addon of somebody else: reads memory at the addresses that it is given, in this thread or in one of its own.
#include <node_api.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct task {
  const volatile unsigned char* from;
  unsigned char* to;
  size_t length;
};

static void* copy(void* data) {
  struct task* task = data;
  for (size_t i = 0; i < task->length; i++) task->to[i] = task->from[i];
  return NULL;
}

// read(address, length, inThread): a buffer with a copy of the bytes
static napi_value read_memory(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  uint64_t address = 0;
  bool exact = false, in_thread = false;
  int64_t length = 0;
  void* bytes = NULL;
  napi_value result = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_bigint_uint64(env, arguments[0], &address, &exact);
  napi_get_value_int64(env, arguments[1], &length);
  napi_get_value_bool(env, arguments[2], &in_thread);
  napi_create_buffer(env, (size_t)length, &bytes, &result);
  struct task task = {(const unsigned char*)(uintptr_t)address, bytes, (size_t)length};
  pthread_t thread;
  if (in_thread && pthread_create(&thread, NULL, copy, &task) == 0) pthread_join(thread, NULL);
  else copy(&task);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function = NULL;
  napi_create_function(env, "read", NAPI_AUTO_LENGTH, read_memory, NULL, &function);
  napi_set_named_property(env, exports, "read", function);
  return exports;
}
