#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/descriptor.h"
#include "core/pages.h"
#include "expect.h"

// As much of a test framework as these tests need: TEST("what holds") { CHECK(...); }

struct Test {
  const char* name;
  void (*run)();

  static std::vector<Test>& all() {
    static std::vector<Test> tests;
    return tests;
  }
  Test(const char* what, void (*body)()) : name(what), run(body) { all().push_back(*this); }
};

#define JOINED_AGAIN(a, b) a##b
#define JOINED(a, b) JOINED_AGAIN(a, b)
#define TEST(name)                                                         \
  static void JOINED(test, __LINE__)();                                    \
  static const Test JOINED(registered, __LINE__)(name, JOINED(test, __LINE__)); \
  static void JOINED(test, __LINE__)()

#define CHECK_THROWS(Type, expression)                                                        \
  do {                                                                                        \
    bool thrown = false;                                                                      \
    try {                                                                                     \
      static_cast<void>(expression);                                                          \
    } catch (const Type&) {                                                                   \
      thrown = true;                                                                          \
    }                                                                                         \
    if (!thrown) {                                                                            \
      std::fprintf(stderr, "%s:%d: no " #Type ": %s\n", __FILE__, __LINE__, #expression);     \
      std::_Exit(1);                                                                          \
    }                                                                                         \
  } while (false)

/// What the byte at an offset of every test file is. Never 0, which takes the place of lost bytes.
inline unsigned char patternAt(std::uint64_t offset) {
  return static_cast<unsigned char>((offset * 31 + (offset >> 12) * 7) % 255 + 1);
}

/// A byte that the compiler loads here and now. Not watched for races: that pages are replaced
/// under a thread that reads them is what happens at a fault.
[[gnu::noinline, gnu::no_sanitize("thread")]] inline unsigned char load(const std::byte* address) {
  return *reinterpret_cast<const volatile unsigned char*>(address);
}

inline bool holdsPattern(const std::byte* bytes, std::uint64_t offset) {
  return load(bytes) == patternAt(offset);
}

/// A file of the pattern, gone at the end.
class TestFile {
 public:
  explicit TestFile(std::uint64_t length) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder == nullptr ? "/tmp" : folder) + "/mmap-directory-native-XXXXXX";
    fd_ = ::mkstemp(path.data());
    CHECK(fd_ >= 0);
    path_ = path;
    std::vector<unsigned char> bytes(length);
    for (std::uint64_t i = 0; i < length; i++) bytes[i] = patternAt(i);
    CHECK(::write(fd_, bytes.data(), length) == static_cast<ssize_t>(length));
  }

  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  ~TestFile() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }

  int fd() const { return fd_; }
  const std::string& path() const { return path_; }
  mmapdir::Descriptor descriptor() const { return mmapdir::Descriptor::duplicate(fd_); }
  void truncate(std::uint64_t length) const { CHECK(::ftruncate(fd_, static_cast<off_t>(length)) == 0); }

 private:
  int fd_;
  std::string path_;
};

/// How a process ended that did nothing but this: its exit code, or minus the signal.
inline int endOf(const std::function<int()>& body) {
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) std::_Exit(body());
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

inline int runTests() {
  for (const Test& test : Test::all()) {
    try {
      test.run();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: threw %s\n", test.name, error.what());
      return 1;
    }
    std::printf("  %s\n", test.name);
  }
  return 0;
}
