#include "core/fault_guard.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <thread>
#include <vector>

#include "check.h"
#include "core/mapping.h"

using namespace mmapdir;

namespace {

const std::uint64_t kPage = pageSize();

// Enough to meet a race of a few instructions; sanitizers take twenty times as long.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kManyTurns = 1'000'000;
#else
constexpr int kManyTurns = 20'000'000;
#endif

std::shared_ptr<Mapping> mapped(const TestFile& file, std::uint64_t length) {
  return Mapping::open(file.descriptor(), length, {16, true});
}

/// A page of someone else's that cannot be read.
std::byte* foreignPage() {
  const TestFile file(kPage);
  void* const page = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, file.fd(), 0);
  CHECK(page != MAP_FAILED);
  file.truncate(0);
  return static_cast<std::byte*>(page);
}

void exitWith7(int, siginfo_t*, void*) { std::_Exit(7); }
void exitWith8(int) { std::_Exit(8); }

void handleWith(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  CHECK(::sigaction(SIGBUS, &action, nullptr) == 0);
}

void handleWith(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  CHECK(::sigaction(SIGBUS, &action, nullptr) == 0);
}

// Every case is a process of its own: the guard is there once.
int guarded(const std::function<int()>& body) {
  return endOf([&] {
    armFaultGuard();
    return body();
  });
}

int ownFault() {
  const TestFile file(8 * kPage);
  const auto mapping = mapped(file, 8 * kPage);
  file.truncate(0);
  return load(mapping->at(kPage, 1)) == 0 && mapping->faultCell().faulted() ? 0 : 1;
}

}  // namespace

// Before anything is armed.
TEST("without the guard, a page that cannot be read ends the process") {
  CHECK(endOf([] {
          handleWith(SIG_DFL);  // a sanitizer's
          return static_cast<int>(load(foreignPage()));
        }) == -SIGBUS);
}

TEST("a page that cannot be read is zeros, to the end, in one fault, and the cell says so") {
  CHECK(endOf([] {
          const std::uint64_t length = 20 * kPage + 100;
          const TestFile file(length);
          const TestFile other(length);
          const auto mapping = mapped(file, length);
          const auto healthy = mapped(other, length);
          const PrivatePages view = mapping->privatePages(10 * kPage, 5 * kPage);
          file.truncate(3 * kPage);
          CHECK(holdsPattern(mapping->at(3 * kPage - 1, 1), 3 * kPage - 1));
          CHECK(!mapping->faultCell().faulted());
          const std::uint64_t before = FaultCells::faults();
          CHECK(load(mapping->at(5 * kPage + 7, 1)) == 0);
          CHECK(mapping->faultCell().faulted());
          CHECK(FaultCells::all()[mapping->faultCell().index()] == FaultCell::kFaulted);
          for (std::uint64_t at = 5 * kPage; at < length; at++) CHECK(load(mapping->at(at, 1)) == 0);
          CHECK(FaultCells::faults() == before + 1);
          CHECK(load(mapping->at(4 * kPage, 1)) == 0);
          CHECK(FaultCells::faults() == before + 2);
          CHECK(holdsPattern(mapping->at(kPage, 1), kPage));
          CHECK(load(view.pages.address()) == 0);
          std::memset(view.pages.address(), 5, view.pages.length());
          CHECK(load(view.pages.address() + 4 * kPage) == 5);
          CHECK(FaultCells::faults() == before + 3);
          CHECK(!healthy->faultCell().faulted());
          CHECK(holdsPattern(healthy->at(length - 1, 1), length - 1));
          return 0;
        }) == 0);
}

TEST("what is substituted ends with the mapping, and its neighbours stay as they are") {
  CHECK(endOf([] {
          const TestFile file(2 * kPage);
          auto* const space = static_cast<std::byte*>(
              ::mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
          std::memset(space, 9, 4 * kPage);
          CHECK(::mmap(space + kPage, 2 * kPage, PROT_READ, MAP_SHARED | MAP_FIXED, file.fd(), 0) != MAP_FAILED);
          armFaultGuard();
          const auto cell = FaultCell::claim();
          const FaultWatch watch(space + kPage, 2 * kPage, FaultWatch::Pages::kShared, cell);
          file.truncate(0);
          CHECK(load(space + kPage) == 0 && load(space + 3 * kPage - 1) == 0);
          CHECK(load(space) == 9 && load(space + kPage - 1) == 9 && load(space + 3 * kPage) == 9);
          CHECK(cell->faulted());
          return 0;
        }) == 0);
}

TEST("bytes before the faulting page stay, whatever faulted before, while few ranges are split at a time") {
  constexpr int kSplits = 12288;
  CHECK(endOf([] {
          const TestFile file(2 * kPage);
          const auto mapping = mapped(file, 2 * kPage);
          armFaultGuard();
          file.truncate(kPage);
          for (int turn = 0; turn < kSplits + 10; turn++) {
            const PrivatePages view = mapping->privatePages(0, 2 * kPage);
            CHECK(load(view.pages.address() + kPage) == 0);
            CHECK(holdsPattern(view.pages.address(), 0));
          }
          std::vector<PrivatePages> views;
          for (int turn = 0; turn < kSplits + 1; turn++) {
            views.push_back(mapping->privatePages(0, 2 * kPage));
            CHECK(load(views.back().pages.address() + kPage) == 0);
            CHECK(turn == kSplits ? load(views.back().pages.address()) == 0
                                  : holdsPattern(views.back().pages.address(), 0));
          }
          views.pop_back();
          views.pop_back();
          views.push_back(mapping->privatePages(0, 2 * kPage));
          CHECK(load(views.back().pages.address() + kPage) == 0);
          CHECK(holdsPattern(views.back().pages.address(), 0));
          return 0;
        }) == 0);
}

TEST("a fault of someone else's goes to the handler before, of either kind, or ends the process") {
  const auto fault = [] { return guarded([] { return static_cast<int>(load(foreignPage())); }); };
  struct sigaction original = {};
  CHECK(::sigaction(SIGBUS, nullptr, &original) == 0);
  handleWith(exitWith7);
  CHECK(fault() == 7);
  handleWith(exitWith8);
  CHECK(fault() == 8);
  handleWith(SIG_DFL);
  CHECK(fault() == -SIGBUS);
  handleWith(SIG_IGN);
  CHECK(fault() == -SIGBUS);
  CHECK(::sigaction(SIGBUS, &original, nullptr) == 0);
}

TEST("a signal that was sent goes to the handler before, is ignored, or ends the process") {
  const auto sent = [] {
    return guarded([] {
      ::kill(::getpid(), SIGBUS);
      return 3;
    });
  };
  struct sigaction original = {};
  CHECK(::sigaction(SIGBUS, nullptr, &original) == 0);
  handleWith(exitWith7);
  CHECK(sent() == 7);
  handleWith(SIG_DFL);
  CHECK(sent() == -SIGBUS);
  handleWith(SIG_IGN);
  CHECK(sent() == 3);
  CHECK(::sigaction(SIGBUS, &original, nullptr) == 0);
}

TEST("the guard is put back where it was replaced, and then chains to what replaced it") {
  CHECK(guarded([] {
          for (int turn = 0; turn < 20; turn++) {
            handleWith(exitWith7);
            armFaultGuard();
            armFaultGuard();
            CHECK(ownFault() == 0);
          }
          return static_cast<int>(load(foreignPage()));
        }) == 7);
}

TEST("threads that get foreign signals at the same time pass each on once to every handler") {
  // The handler of another copy of the library, which has taken ours for the one before it.
  static struct sigaction ours = {};
  static thread_local int rounds = 0;
  static thread_local int delivered = 0;
  const auto first = [](int, siginfo_t*, void*) { delivered++; };
  const auto copy = [](int signal, siginfo_t* info, void* context) {
    rounds++;
    ours.sa_sigaction(signal, info, context);
  };
  CHECK(endOf([&] {
          handleWith(first);
          armFaultGuard();
          CHECK(::sigaction(SIGBUS, nullptr, &ours) == 0);
          handleWith(copy);
          armFaultGuard();
          std::vector<std::thread> threads;
          for (int i = 0; i < 4; i++) {
            threads.emplace_back([] {
              for (int turn = 1; turn <= kManyTurns / 200; turn++) {
                ::pthread_kill(::pthread_self(), SIGBUS);
                CHECK(rounds == turn && delivered == turn);
              }
            });
          }
          for (std::thread& thread : threads) thread.join();
          return 0;
        }) == 0);
}

TEST("threads that fault at the same time all see zeros and go on") {
  CHECK(guarded([] {
          for (int turn = 0; turn < 50; turn++) {
            const TestFile file(64 * kPage);
            const TestFile other(64 * kPage);
            const auto mapping = mapped(file, 64 * kPage);
            const auto second = mapped(other, 64 * kPage);
            file.truncate(0);
            other.truncate(0);
            std::vector<std::thread> threads;
            for (int i = 0; i < 4; i++) {
              threads.emplace_back([&, i] {
                const Mapping& mine = i % 2 == 0 ? *mapping : *second;
                for (std::uint64_t page = 64; page-- > 0;) {
                  CHECK(load(mine.at(page * kPage + static_cast<std::uint64_t>(i), 1)) == 0);
                  CHECK(mine.faultCell().faulted());
                }
              });
            }
            for (std::thread& thread : threads) thread.join();
          }
          return 0;
        }) == 0);
}

TEST("an address range that was unmapped is nobody's, whoever has it then") {
  CHECK(guarded([] {
          handleWith(exitWith7);
          armFaultGuard();
          const TestFile file(kPage);
          std::byte* address = nullptr;
          {
            const auto mapping = mapped(file, kPage);
            address = mapping->at(0, 1);
            CHECK(!mapping->faultCell().faulted());
          }
          const std::uintptr_t place = reinterpret_cast<std::uintptr_t>(address);
          CHECK(!substituteFaultedPages(place, FaultedBy::kRead));
          CHECK(::mmap(address, kPage, PROT_READ, MAP_SHARED | MAP_FIXED, file.fd(), 0) == address);
          file.truncate(0);
          return static_cast<int>(load(address));
        }) == 7);
}

TEST("a write to pages that are only read is not made good, one to private pages is") {
  auto* const space = static_cast<std::byte*>(
      ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(space != MAP_FAILED);
  const auto cell = FaultCell::claim();
  const FaultWatch shared(space, kPage, FaultWatch::Pages::kShared, cell);
  const FaultWatch writable(space + kPage, kPage, FaultWatch::Pages::kPrivate, cell);
  const auto place = reinterpret_cast<std::uintptr_t>(space);
  CHECK(!substituteFaultedPages(place, FaultedBy::kWrite));
  CHECK(!cell->faulted());
  CHECK(substituteFaultedPages(place + kPage, FaultedBy::kWrite));
  CHECK(cell->faulted());
  CHECK(substituteFaultedPages(place, FaultedBy::kRead));
  ::munmap(space, 2 * kPage);
}

TEST("a cell that was faulted is healthy for its next owner") {
  const auto first = FaultCell::claim();
  const std::size_t index = first->index();
  CHECK(FaultCells::all()[index] == FaultCell::kHealthy);
  auto second = FaultCell::claim();
  CHECK(second->index() != index);
  FaultCells::all()[second->index()] = FaultCell::kFaulted;
  const std::size_t freed = second->index();
  second.reset();
  second = FaultCell::claim();
  CHECK(second->index() == freed && !second->faulted());
}

TEST("there are as many cells as there can be, and then an error") {
  std::vector<std::shared_ptr<FaultCell>> cells;
  CHECK_THROWS(std::bad_alloc, [&] {
    for (;;) cells.push_back(FaultCell::claim());
  }());
  CHECK(cells.size() == FaultCells::kCount);
}

TEST("a place of the table that changes hands is never taken for a range from one to the other") {
  // The only place in use goes from a range below an address to one above it and back: the
  // address is in neither, but it is between the one's begin and the other's end.
  auto* const space = static_cast<std::byte*>(
      ::mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(space != MAP_FAILED);
  const auto cell = FaultCell::claim();
  std::atomic<bool> done{false};
  std::thread changing([&] {
    for (int turn = 0; turn < kManyTurns; turn++) {
      { const FaultWatch below(space, kPage, FaultWatch::Pages::kPrivate, cell); }
      { const FaultWatch above(space + 2 * kPage, kPage, FaultWatch::Pages::kPrivate, cell); }
    }
    done = true;
  });
  const auto between = reinterpret_cast<std::uintptr_t>(space + kPage);
  bool taken = false;
  while (!done && !taken) taken = substituteFaultedPages(between, FaultedBy::kRead);
  changing.join();
  CHECK(!taken);
  ::munmap(space, 3 * kPage);
}

int main() { return runTests(); }
