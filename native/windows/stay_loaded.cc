#include <windows.h>

// Node unloads the library when the worker ends that was the first to load it. Others may use its
// tables, and its exception handler, until the process ends. (Elsewhere the linker says so.)

namespace {

const BOOL pinned = [] {
  HMODULE module = nullptr;
  return ::GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                              reinterpret_cast<LPCWSTR>(reinterpret_cast<const void*>(&pinned)), &module);
}();

}  // namespace
