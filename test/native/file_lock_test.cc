#include "core/file_lock.h"

#include <atomic>
#include <csignal>
#include <thread>

#include "check.h"

using namespace mmapdir;

namespace {

/// What another program's fcntl lock on the whole file meets: 0 when it is had.
int lockElsewhere(const TestFile& file) {
  return endOf([&] {
    const int fd = ::open(file.path().c_str(), O_RDWR);
    struct flock range = {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    return ::fcntl(fd, F_SETLK, &range) == 0 ? 0 : 1;
  });
}

}  // namespace

TEST("a name is had once in a process, and free again at its end") {
  auto first = FileLock::reserve("name");
  CHECK(first != nullptr);
  CHECK(FileLock::reserve("name") == nullptr);
  CHECK(FileLock::reserve("other") != nullptr);
  first.reset();
  CHECK(FileLock::reserve("name") != nullptr);
}

TEST("of many threads, one has a name") {
  std::atomic<int> held{0};
  std::atomic<bool> twice{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; i++) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 2000; turn++) {
        const auto lock = FileLock::reserve("contended");
        if (lock == nullptr) continue;
        if (held.fetch_add(1) != 0) twice = true;
        held.fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(!twice);
}

TEST("a lock keeps other programs out until it ends") {
  const TestFile file(0);
  CHECK(lockElsewhere(file) == 0);
  auto lock = FileLock::reserve(file.path());
  CHECK(!lock->held());
  CHECK(lock->acquire(file.descriptor()) == FileLock::Outcome::kAcquired);
  CHECK(lock->held());
  CHECK(lockElsewhere(file) == 1);
  lock.reset();
#ifdef F_OFD_SETLK
  CHECK(lockElsewhere(file) == 1);  // the test's own descriptor is of the same open file
  struct flock range = {};
  range.l_type = F_UNLCK;
  CHECK(::fcntl(file.fd(), F_OFD_SETLK, &range) == 0);
#endif
  CHECK(lockElsewhere(file) == 0);
}

TEST("a lock on a file that was opened for it goes with it, and not with other descriptors") {
  const TestFile file(0);
  auto lock = FileLock::reserve(file.path());
  const int own = ::open(file.path().c_str(), O_RDWR);
  CHECK(lock->acquire(Descriptor::duplicate(own)) == FileLock::Outcome::kAcquired);
  ::close(own);
  ::close(::open(file.path().c_str(), O_RDWR));
  CHECK(lock->held());
  CHECK(lockElsewhere(file) == 1);
  lock.reset();
  CHECK(lockElsewhere(file) == 0);
}

TEST("another program's lock is found, with its process, and goes when that is killed") {
  const TestFile file(0);
  int ready[2];
  CHECK(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(file.path().c_str(), O_RDWR);
    struct flock range = {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    if (::fcntl(fd, F_SETLK, &range) != 0) std::_Exit(1);
    if (::write(ready[1], "x", 1) != 1) std::_Exit(1);
    for (;;) ::pause();
  }
  char byte;
  CHECK(::read(ready[0], &byte, 1) == 1);
  auto lock = FileLock::reserve(file.path());
  CHECK(lock->acquire(file.descriptor()) == FileLock::Outcome::kHeldElsewhere);
  CHECK(lock->holder() == child);
  CHECK(!lock->held());
  ::kill(child, SIGKILL);
  CHECK(::waitpid(child, nullptr, 0) == child);
  CHECK(lock->acquire(file.descriptor()) == FileLock::Outcome::kAcquired);
  ::close(ready[0]);
  ::close(ready[1]);
}

int main() { return runTests(); }
