#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "core/mapping.h"

namespace mmapdir {

/// An ArrayBuffer over mapped pages that only this library reads. Detached at its end, so that
/// whatever still reads through it finds nothing there.
class Window {
 public:
  /// What keeps the pages of a window: until its buffer is finalized, or the window lets go.
  struct Hold {
    std::shared_ptr<const void> pages;
  };

  /// Throws Napi::Error where the engine refuses a buffer over foreign memory.
  static std::unique_ptr<Window> open(Napi::Env env, std::shared_ptr<const void> pages,
                                      std::byte* address, std::size_t length);

  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window();

  Napi::Value buffer() const;

  /// Says that nobody can reach the buffer any more: it goes when it is collected, undetached.
  void abandon() noexcept { abandoned_ = true; }

 private:
  Window(Napi::Env env, std::size_t length) : env_(env), length_(length) {
    MappingRegistry::instance().windowOpened();
  }

  static void environmentEnds(void* window);
  void account(std::int64_t bytes) const;

  const Napi::Env env_;
  const std::size_t length_;
  std::shared_ptr<Hold> hold_;
  napi_ref buffer_ = nullptr;
  bool accounted_ = false;
  bool abandoned_ = false;
};

/// An ArrayBuffer over pages that go with it when it is collected.
Napi::Value bufferOverPages(Napi::Env env, PrivatePages view);

/// Whether the engine takes buffers over memory that is not its own (Electron's does not).
bool externalBuffersAllowed(Napi::Env env);

}  // namespace mmapdir
