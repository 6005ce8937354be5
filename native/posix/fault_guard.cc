#include "core/fault_guard.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <sys/mman.h>
#ifdef __APPLE__
#include <sys/ucontext.h>
#endif

#include "core/pages.h"
#include "core/system_error.h"

namespace mmapdir {

namespace {

void handleSigbus(int signal, siginfo_t* info, void* context);

/// Whoever had the signal before. The handler reads it while armFaultGuard() may write it, so each
/// is written once into a place of its own and published by a pointer.
struct sigaction originalAction;
struct sigaction replacingActions[8];
std::atomic<const struct sigaction*> nextAction{nullptr};

/// The threads that are passing a signal on now. A table, as a thread_local of a library that is
/// opened late may be allocated where it is first touched, which a handler must not do.
std::array<std::atomic<pthread_t>, 64> chaining{};
constexpr pthread_t kNobody{};

static_assert(std::atomic<pthread_t>::is_always_lock_free);

/// Gives the signal to another handler, as the kernel would.
void deliver(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else if (action.sa_handler == SIG_DFL || (action.sa_handler == SIG_IGN && info->si_code > 0)) {
    // The kernel ends a process that ignores a fault of its own, too.
    struct sigaction fallback = {};
    fallback.sa_handler = SIG_DFL;
    ::sigaction(signal, &fallback, nullptr);
    // A fault is raised again by the instruction that is repeated; a signal that was sent is not, and
    // macOS does not tell which it was.
    ::raise(signal);
  } else if (action.sa_handler != SIG_IGN) {
    action.sa_handler(signal);
  }
}

bool isChaining(pthread_t thread) {
  for (const auto& place : chaining) {
    const pthread_t other = place.load(std::memory_order_relaxed);
    if (other != kNobody && ::pthread_equal(other, thread)) return true;
  }
  return false;
}

/// A place of the table that holds the thread; nullptr when there is none free.
std::atomic<pthread_t>* noteChaining(pthread_t thread) {
  for (auto& place : chaining) {
    pthread_t expected = kNobody;
    if (place.compare_exchange_strong(expected, thread, std::memory_order_relaxed)) return &place;
  }
  return nullptr;
}

/// Two copies of this library may chain to each other: on the second time round, the signal goes to
/// the handler that was there before either. A thread's note is its own business, hence relaxed.
void chain(int signal, siginfo_t* info, void* context) {
  const pthread_t self = ::pthread_self();
  if (isChaining(self)) {
    deliver(originalAction, signal, info, context);
    return;
  }
  // Without a place it goes once more round, until one is free.
  std::atomic<pthread_t>* const place = noteChaining(self);
  deliver(*nextAction.load(std::memory_order_acquire), signal, info, context);
  if (place != nullptr) place->store(kNobody, std::memory_order_relaxed);
}

/// Linux reports a write to pages that are only read as SIGSEGV, macOS as SIGBUS.
FaultedBy accessOf([[maybe_unused]] const void* context) {
#if defined(__APPLE__) && defined(__arm64__)
  constexpr std::uint32_t kWriteNotRead = 1u << 6;  // of the exception syndrome of a data abort
  const auto* const state = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return (state->__es.__esr & kWriteNotRead) != 0 ? FaultedBy::kWrite : FaultedBy::kRead;
#elif defined(__APPLE__)
  constexpr std::uint32_t kWrite = 1u << 1;  // of a page fault's error code
  const auto* const state = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return (state->__es.__err & kWrite) != 0 ? FaultedBy::kWrite : FaultedBy::kRead;
#else
  return FaultedBy::kRead;
#endif
}

void handleSigbus(int signal, siginfo_t* info, void* context) {
  const int savedErrno = errno;
  // si_code tells a page that cannot be read from a signal that somebody sent. On macOS both have
  // BUS_ADRALN and the address of the thread's last fault: a signal that is sent there may be taken for
  // a fault of a mapping, whose readers get an error then.
  const bool ours =
      info->si_code > 0 &&
      substituteFaultedPages(reinterpret_cast<std::uintptr_t>(info->si_addr), accessOf(context));
  if (!ours) chain(signal, info, context);
  errno = savedErrno;
}

}  // namespace

void armFaultGuard() {
  static auto* const mutex = new std::mutex();  // never destroyed: see MappingRegistry::instance()
  static std::size_t replaced = 0;
  const std::lock_guard lock(*mutex);
  struct sigaction current = {};
  if (::sigaction(SIGBUS, nullptr, &current) != 0) throwLastError("sigaction");
  if ((current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == handleSigbus) return;
  pageSize();  // asked for now, so that the handler finds the answer
  if (nextAction.load(std::memory_order_relaxed) == nullptr) {
    originalAction = current;
    nextAction.store(&originalAction, std::memory_order_release);
  } else {
    // Someone (process.on('SIGBUS')) has replaced the handler. When that goes on for ever, the
    // last places are used over again.
    struct sigaction* place = &replacingActions[replaced++ % std::size(replacingActions)];
    *place = current;
    nextAction.store(place, std::memory_order_release);
  }
  struct sigaction action = {};
  action.sa_sigaction = handleSigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (::sigaction(SIGBUS, &action, nullptr) != 0) throwLastError("sigaction");
}

bool mapZeros(std::byte* address, std::size_t length, std::byte*, bool writable) noexcept {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  return ::mmap(address, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
                -1, 0) != MAP_FAILED;
}

}  // namespace mmapdir
