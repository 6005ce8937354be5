#include "metal/objc_device.h"

#include <dlfcn.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace mmapdir {

namespace {

// As in <objc/objc.h> and <Metal/MTLResource.h>.
using Id = void*;
using Selector = const void*;
using Unsigned = unsigned long;  // NSUInteger
constexpr Unsigned kStorageModeShared = 0;

/// Takes the place of dlerror() where a function is missing.
class LoadError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

void* openLibrary(const char* path) {
  void* const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    throw LoadError(why == nullptr ? path : why);
  }
  return library;
}

template <typename Function>
Function functionOf(void* library, const char* name) {
  void* const found = ::dlsym(library, name);
  if (found == nullptr) throw LoadError(std::string("there is no ") + name);
  return reinterpret_cast<Function>(found);
}

/// What is used of Objective-C's runtime, and the names of the methods.
class Runtime {
 public:
  explicit Runtime(void* library)
      : send_(functionOf<void (*)()>(library, "objc_msgSend")),
        push_(functionOf<void* (*)()>(library, "objc_autoreleasePoolPush")),
        pop_(functionOf<void (*)(void*)>(library, "objc_autoreleasePoolPop")) {
    const auto selector = functionOf<Selector (*)(const char*)>(library, "sel_registerName");
    name = selector("name");
    utf8String = selector("UTF8String");
    maxBufferLength = selector("maxBufferLength");
    hasUnifiedMemory = selector("hasUnifiedMemory");
    newBufferWithBytesNoCopy = selector("newBufferWithBytesNoCopy:length:options:deallocator:");
    newBufferWithBytes = selector("newBufferWithBytes:length:options:");
    release = selector("release");
  }

  /// Calls a method. objc_msgSend has no type of its own: it has to be called as the method would be.
  template <typename Result, typename... Arguments>
  Result send(Id receiver, Selector method, Arguments... arguments) const {
    return reinterpret_cast<Result (*)(Id, Selector, Arguments...)>(send_)(receiver, method, arguments...);
  }

  /// What methods return autoreleased goes at its end; without one, in a thread of Node's, never.
  class Pool {
   public:
    explicit Pool(const Runtime& runtime) : runtime_(runtime), pool_(runtime.push_()) {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { runtime_.pop_(pool_); }

   private:
    const Runtime& runtime_;
    void* const pool_;
  };

  Selector name;
  Selector utf8String;
  Selector maxBufferLength;
  Selector hasUnifiedMemory;
  Selector newBufferWithBytesNoCopy;
  Selector newBufferWithBytes;
  Selector release;

 private:
  void (*const send_)();
  void* (*const push_)();
  void (*const pop_)(void*);
};

/// A reference to an object, given back at the end.
class Reference {
 public:
  Reference(const Runtime& runtime, Id object) noexcept : runtime_(runtime), object_(object) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() {
    const Runtime::Pool pool(runtime_);
    runtime_.send<void>(object_, runtime_.release);
  }

  Id object() const noexcept { return object_; }

 private:
  const Runtime& runtime_;
  const Id object_;
};

class ObjcBuffer final : public MetalBuffer {
 public:
  ObjcBuffer(const Runtime& runtime, Id buffer) noexcept : buffer_(runtime, buffer) {}
  void* handle() const noexcept override { return buffer_.object(); }

 private:
  const Reference buffer_;
};

class ObjcDevice final : public MetalDevice {
 public:
  /// Takes over a reference to the device.
  ObjcDevice(Runtime runtime, Id device, std::uint64_t pageSize)
      : runtime_(std::move(runtime)), device_(runtime_, device), pageSize_(pageSize) {
    const Runtime::Pool pool(runtime_);
    const Id name = runtime_.send<Id>(device, runtime_.name);
    const char* const text = name == nullptr ? nullptr : runtime_.send<const char*>(name, runtime_.utf8String);
    name_ = text == nullptr ? "a device without a name" : text;
    // BOOL is a signed char on Intel and a bool elsewhere.
    hasUnifiedMemory_ = runtime_.send<signed char>(device, runtime_.hasUnifiedMemory) != 0;
  }

  const std::string& name() const noexcept override { return name_; }
  std::uint64_t maxBufferLength() const noexcept override {
    const Runtime::Pool pool(runtime_);
    return runtime_.send<Unsigned>(device_.object(), runtime_.maxBufferLength);
  }
  bool hasUnifiedMemory() const noexcept override { return hasUnifiedMemory_; }
  std::uint64_t pageSize() const noexcept override { return pageSize_; }

  std::shared_ptr<const MetalBuffer> wrap(std::byte* address, std::uint64_t length) const override {
    const Runtime::Pool pool(runtime_);
    const Id noDeallocator = nullptr;
    return owned(runtime_.send<Id>(device_.object(), runtime_.newBufferWithBytesNoCopy, static_cast<void*>(address),
                                   static_cast<Unsigned>(length), kStorageModeShared, noDeallocator));
  }

  std::shared_ptr<const MetalBuffer> copy(const std::byte* address, std::uint64_t length) const override {
    const Runtime::Pool pool(runtime_);
    return owned(runtime_.send<Id>(device_.object(), runtime_.newBufferWithBytes, static_cast<const void*>(address),
                                   static_cast<Unsigned>(length), kStorageModeShared));
  }

 private:
  std::shared_ptr<const MetalBuffer> owned(Id buffer) const {
    if (buffer == nullptr) return nullptr;
    try {
      return std::make_shared<ObjcBuffer>(runtime_, buffer);
    } catch (const std::bad_alloc&) {
      const Reference last(runtime_, buffer);
      throw;
    }
  }

  const Runtime runtime_;
  const Reference device_;
  const std::uint64_t pageSize_;
  std::string name_;
  bool hasUnifiedMemory_ = false;
};

}  // namespace

MetalSystem openMetal(const MetalLibraries& libraries, std::uint64_t pageSize) {
  try {
    Runtime runtime(openLibrary(libraries.objectiveC));
    openLibrary(libraries.coreGraphics);
    const auto defaultDevice =
        functionOf<Id (*)()>(openLibrary(libraries.metal), "MTLCreateSystemDefaultDevice");
    Id device = nullptr;
    {
      const Runtime::Pool pool(runtime);
      device = defaultDevice();
    }
    if (device == nullptr) return {nullptr, "Metal has no device here"};
    return {std::make_unique<ObjcDevice>(std::move(runtime), device, pageSize), {}};
  } catch (const LoadError& error) {
    return {nullptr, std::string("Metal could not be loaded: ") + error.what()};
  }
}

}  // namespace mmapdir
