#pragma once

#include <cstddef>

namespace mmapdir {

/// How pages will be read. The values are those that src/native.ts passes.
enum class Advice : int { kNormal = 0, kRandom = 1, kSequential = 2, kWillNeed = 3 };

/// Whether the system can be told how ranges of a mapping will be read, at any time. Where it cannot,
/// it is told when a file is opened, of all of it, and advise() takes kWillNeed and kNormal only.
bool advisesRanges();

/// Tells the system about whole pages. Throws SystemError where the system has a say and refuses.
void advise(std::byte* address, std::size_t length, Advice advice);

}  // namespace mmapdir
