#include <windows.h>

#include <cstring>
#include <delayimp.h>

// Node's functions are in the program that loads this library, whatever its file is called (electron.exe,
// a renamed node.exe). node-gyp compiles a hook of its own for that.

namespace {

FARPROC WINAPI useHost(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || ::_stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(reinterpret_cast<void*>(::GetModuleHandleW(nullptr)));
}

}  // namespace

extern "C" {
extern PfnDliHook __pfnDliNotifyHook2;
PfnDliHook __pfnDliNotifyHook2 = useHost;
}
