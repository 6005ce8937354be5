#include "addon/buffers.h"

#include <optional>

#include "addon/environment.h"

namespace mmapdir {

namespace {

/// Where the memory of a view is when its thread ends.
enum class Whereabouts { kInItsBuffer, kMovedAway, kUnknown };

struct Backing;

/// What a view's sentinel has of it: nothing once the view has ended.
struct Watched {
  Backing* backing;
};

/// What a buffer keeps alive. Deleted by its finalizer, wherever its memory went by then
/// (ArrayBuffer.prototype.transfer moves it to a buffer that nobody here knows).
struct Backing {
  std::shared_ptr<Window::Hold> window;
  std::optional<PrivatePages> view;
  Whereabouts whereabouts = Whereabouts::kInItsBuffer;
  napi_ref buffer = nullptr;    // of a view: weak
  napi_ref sentinel = nullptr;  // of a view: see watchForTheEnd()
  Watched* watched = nullptr;   // the sentinel's
  std::shared_ptr<Environment> environment;  // of a view

  /// When a thread ends, Node runs the finalizer of every buffer that the thread has made, though a
  /// program may have moved the memory to a buffer of another thread, which goes on reading there.
  void end(napi_env env) {
    if (sentinel != nullptr) napi_delete_reference(env, sentinel);
    if (buffer != nullptr) environment->deleteLater(buffer);
    environment.reset();
    if (watched != nullptr) watched->backing = nullptr;
    if (whereabouts == Whereabouts::kInItsBuffer) return;
    // No word of it from the other thread, ever: the watch and the permit stay with the pages.
    if (whereabouts == Whereabouts::kMovedAway) {
      std::move(view->permit).keepForGood();
      new Backing(std::move(*this));
    } else {
      std::move(view->pages).abandon();
      // What is left is a mapping for as long as the process lives, and counts as one.
      std::move(view->permit).keepForGood();
    }
  }
};

napi_value externalBuffer(Napi::Env env, std::byte* address, std::size_t length,
                          std::unique_ptr<Backing> backing) {
  // Node 20 runs the finalizer before it reports a failure, Node 22 does not: the pointer says
  // who is to delete.
  struct Hint {
    std::unique_ptr<Backing> backing;
    bool* finalized;
  };
  bool finalized = false;
  auto* hint = new Hint{std::move(backing), &finalized};
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      env, address, length,
      [](napi_env env, void*, void* data) {
        auto* ended = static_cast<Hint*>(data);
        if (ended->finalized != nullptr) *ended->finalized = true;
        ended->backing->end(env);
        delete ended;
      },
      hint, &buffer);
  if (status != napi_ok) {
    if (!finalized) delete hint;
    if (status == napi_no_external_buffers_allowed) {
      throw Napi::Error::New(env, "external buffers are not allowed");
    }
    throw Napi::Error::New(env);
  }
  hint->finalized = nullptr;
  return buffer;
}

/// Has the backing learn, when its thread ends, where its memory is. Node then takes its buffers in
/// the reverse order of their making, detaches each and runs its finalizer: afterwards it could not
/// be told whether the program had moved the memory away. So a buffer that is made after the view's
/// and lives as long looks at it first.
void watchForTheEnd(Napi::Env env, napi_value buffer, Backing* backing) {
  static std::byte nothing{};
  const auto look = [](napi_env at, void*, void* data) {
    const std::unique_ptr<Watched> watched(static_cast<Watched*>(data));
    if (watched->backing == nullptr) return;
    Backing& view = *watched->backing;
    view.watched = nullptr;
    const Napi::HandleScope scope(at);
    napi_value made = nullptr;
    bool detached = false;
    if (napi_get_reference_value(at, view.buffer, &made) != napi_ok || made == nullptr) {
      // Collected. Its memory is about to be given back, or had been moved away before.
      view.whereabouts = Whereabouts::kUnknown;
    } else if (napi_is_detached_arraybuffer(at, made, &detached) == napi_ok && detached) {
      view.whereabouts = Whereabouts::kMovedAway;
    }
  };
  if (napi_create_reference(env, buffer, 0, &backing->buffer) != napi_ok) throw Napi::Error::New(env);
  backing->watched = new Watched{backing};
  napi_value sentinel = nullptr;
  if (napi_create_external_arraybuffer(env, &nothing, 1, look, backing->watched, &sentinel) != napi_ok ||
      napi_create_reference(env, sentinel, 1, &backing->sentinel) != napi_ok) {
    throw Napi::Error::New(env);
  }
}

}  // namespace

std::unique_ptr<Window> Window::open(Napi::Env env, std::shared_ptr<const void> pages,
                                     std::byte* address, std::size_t length) {
  if (!Environment::of(env)->told()) throw Napi::Error::New(env, "useTransfer() has not been called");
  std::unique_ptr<Window> window(new Window(env, length));
  window->hold_ = std::make_shared<Hold>(Hold{std::move(pages)});
  auto backing = std::make_unique<Backing>();
  backing->window = window->hold_;
  // When a thread ends, Node (24 and later) detaches the buffers that it knows before it runs any
  // hook, that is, before the length is put back below. So it is made not to know this one.
  const napi_value buffer =
      Environment::of(env)->moved(externalBuffer(env, address, length, std::move(backing)));
  if (napi_create_reference(env, buffer, 1, &window->buffer_) != napi_ok) throw Napi::Error::New(env);
  // V8 takes the buffer's length for memory that a collection could free and would collect at
  // every open. The amount is taken out while the buffer cannot go (the reference above) and put
  // back before it does: V8 12 and later abort when their total falls below zero.
  window->account(-static_cast<std::int64_t>(length));
  window->accounted_ = true;
  // Hooks run in reverse: this one before the hook with which Node 20 frees the buffer.
  napi_add_env_cleanup_hook(env, environmentEnds, window.get());
  return window;
}

Window::~Window() {
  MappingRegistry::instance().windowClosed();
  if (!accounted_) return;
  napi_remove_env_cleanup_hook(env_, environmentEnds, this);
  account(static_cast<std::int64_t>(length_));
  if (!abandoned_) {
    const Napi::HandleScope scope(env_);
    napi_value buffer = nullptr;
    if (napi_get_reference_value(env_, buffer_, &buffer) == napi_ok && buffer != nullptr &&
        napi_detach_arraybuffer(env_, buffer) == napi_ok && mappingsHoldFiles()) {
      // Not when the buffer is finalized, some turns of the event loop later, which elsewhere would
      // keep a program from the pages that got hold of the buffer after all: whoever closes an input
      // and then removes the file must not find that it cannot be removed.
      hold_->pages.reset();
    }
  }
  napi_delete_reference(env_, buffer_);
}

Napi::Value Window::buffer() const {
  napi_value buffer = nullptr;
  if (napi_get_reference_value(env_, buffer_, &buffer) != napi_ok) throw Napi::Error::New(env_);
  return Napi::Value(env_, buffer);
}

void Window::environmentEnds(void* data) {
  auto* window = static_cast<Window*>(data);
  window->account(static_cast<std::int64_t>(window->length_));
  window->accounted_ = false;
}

void Window::account(std::int64_t bytes) const {
  std::int64_t total = 0;
  napi_adjust_external_memory(env_, bytes, &total);
}

Napi::Value bufferOverPages(Napi::Env env, PrivatePages view) {
  const std::shared_ptr<Environment>& environment = Environment::of(env);
  environment->deleteEnded();
  auto backing = std::make_unique<Backing>();
  backing->environment = environment;
  std::byte* const address = view.pages.address();
  const std::size_t length = view.pages.length();
  backing->view.emplace(std::move(view));
  Backing* const watched = backing.get();
  const napi_value buffer = externalBuffer(env, address, length, std::move(backing));
  watchForTheEnd(env, buffer, watched);
  return Napi::Value(env, buffer);
}

bool externalBuffersAllowed(Napi::Env env) {
  static std::byte probe{};
  napi_value buffer = nullptr;
  return napi_create_external_arraybuffer(
             env, &probe, 1, [](napi_env, void*, void*) {}, nullptr, &buffer) !=
         napi_no_external_buffers_allowed;
}

}  // namespace mmapdir
